import pytest

from meeting_service.settings import Settings
from meeting_service.web.security import HEADERS
from tests.web.conftest import Client, Service, StartService

PATHS = ("/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/nothing", "/v1/meetings")
MEETING_PATHS = ("/meetings/m", "/v1/meetings/m", "/v1/meetings/m/events", "/v1/meetings/m/transcript.srt")


async def test_every_answer_carries_the_headers(service: Service) -> None:
    """Pages, data, files, event streams and errors alike; nothing of it is to be kept."""
    await service.open_meeting()
    for path in (*PATHS, *MEETING_PATHS, "/v1/meetings/none"):
        async with service.client.get(path) as response:
            assert {name: response.headers[name] for name in HEADERS} == HEADERS, path
            assert response.headers["Cache-Control"] == "no-store", path


def test_nothing_inline_and_nothing_from_elsewhere_runs() -> None:
    """The policy starts from nothing and names this origin only."""
    policy = HEADERS["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_sites_page_changes_nothing(client: Client, headers: dict[str, str]) -> None:
    """403 for whatever a browser sends for it; nothing is made. Reading is the browser's to refuse."""
    response = await client.post("/v1/meetings", headers=headers)

    assert (response.status, (await response.json())["code"]) == (403, "forbidden")
    assert (await (await client.get("/v1/meetings")).json())["meetings"] == []


async def test_own_pages_and_bots_may(client: Client) -> None:
    """The same origin, and callers that are no browsers."""
    own = {"Origin": str(client.make_url("/")).rstrip("/"), "Sec-Fetch-Site": "same-origin"}

    assert (await client.post("/v1/meetings", headers=own)).status == 201
    assert (await client.post("/v1/meetings")).status == 201


async def test_a_socket_of_another_site_is_refused(service: Service) -> None:
    """A browser lets any page open a socket: the handshake itself is refused."""
    await service.open_meeting()
    response = await service.client.get(
        "/v1/meetings/m/audio",
        headers={
            "Origin": "https://evil.example",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    )

    assert response.status == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
        ("meetings.localhost", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("a b", 403),
    ],
)
async def test_a_name_that_was_made_to_point_here_is_refused(client: Client, host: str, status: int) -> None:
    """On loopback only loopback's own names are answered, so no site can read through its own name."""
    assert (await client.get("/v1/meetings", headers={"Host": host})).status == status


async def test_a_proxys_name_can_be_allowed(start_service: StartService, settings: Settings) -> None:
    """`server.host_names` lists the names of a service behind a proxy."""
    server = settings.server.model_copy(update={"host_names": ("meetings.example",)})
    service = await start_service(settings.model_copy(update={"server": server}))

    assert (await service.client.get("/", headers={"Host": "meetings.example"})).status == 200
    assert (await service.client.get("/", headers={"Host": "other.example"})).status == 403
