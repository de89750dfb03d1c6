"""What keeps other people's web pages out, and what every answer says about itself to browsers.

There are no cookies: whoever reaches the port may use it. What is left to refuse are requests that a
browser makes for a page of another site, directly or through a name that points here (DNS rebinding).
"""

from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from meeting_service.errors import Forbidden
from meeting_service.web.keys import SETTINGS

_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
HEADERS = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Server": "meeting-service",
}
"""on every response; without a referrer of its own a browser would send forms of ours as from nowhere"""

TALKING = "camera=(), display-capture=(self), geolocation=(), microphone=(self), payment=(), usb=()"
"""the permissions policy of a page on which people talk"""
_TALKS: web.ResponseKey[bool] = web.ResponseKey("talks", bool)

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Signal `on_response_prepare`: what every answer carries, errors and event streams too."""
    response.headers.update(HEADERS)
    if response.get(_TALKS):
        response.headers["Permissions-Policy"] = TALKING
    if "immutable" not in response.headers.get("Cache-Control", ""):
        response.headers["Cache-Control"] = "no-store"


def allow_talking(response: web.StreamResponse) -> None:
    """Let this page, and no other, ask for the microphone or a tab's audio."""
    response[_TALKS] = True


@web.middleware
async def refuse_foreign_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only this service's own pages, and callers that are no browsers, change anything."""
    check_host(request)
    if request.method not in _READING:
        check_origin(request)
    return await handler(request)


def check_host(request: web.Request) -> None:
    """Refuse a host name that is not this service's while it listens on loopback only.

    Raises:
        Forbidden: the name may have been made to point here by another site.
    """
    server = request.app[SETTINGS].server
    host = _host_name(request)
    if server.insecure or _is_loopback(host) or host in {server.host, *server.host_names}:
        return
    raise Forbidden("this host name is not the service's; settings: [server] host_names")


def check_origin(request: web.Request) -> None:
    """Refuse what a browser sends for another site's page; sockets call this before they open.

    Raises:
        Forbidden: the page is not this service's.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site not in {None, "same-origin", "none"} or (origin is not None and not _is_own(request, origin)):
        raise Forbidden("a web page of another site may not do this")


def _is_own(request: web.Request, origin: str) -> bool:
    # The scheme is left out: a proxy in front may speak TLS for us.
    try:
        return URL(origin).authority == request.host
    except ValueError:
        return False


def _host_name(request: web.Request) -> str:
    try:
        return URL(f"http://{request.host}").host or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
