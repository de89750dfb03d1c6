import asyncio
from collections.abc import Iterator

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from meeting_service import errors
from meeting_service.errors import AudioHole, DiskFull, MeetingServiceError, Overloaded, TooFast
from meeting_service.meeting import NewMeeting
from meeting_service.settings import Settings
from meeting_service.web.errors import ANSWERS, close_code
from meeting_service.web.keys import SETTINGS
from meeting_service.web.routes import setup_web
from tests.web.conftest import Client, Service


def every_error() -> Iterator[type[MeetingServiceError]]:
    """Every class of the tree."""
    waiting = [MeetingServiceError]
    while waiting:
        found = waiting.pop()
        waiting.extend(found.__subclasses__())
        if found.__module__ == errors.__name__:
            yield found


@pytest.mark.parametrize("error", [e for e in every_error() if e is not errors.CannotStart])
def test_every_error_has_an_answer_of_its_own(error: type[MeetingServiceError]) -> None:
    """No code falls back to `internal`; the one that stops a start never reaches a caller."""
    assert error.code in ANSWERS


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotFound("x"), 4404),
        (errors.MeetingEnded("x"), 4410),
        (errors.Conflict("x"), 4409),
        (errors.ProtocolViolation("x"), 4400),
        (errors.InvalidAudio("x"), 4400),
        (TooFast("x"), 4429),
        (Overloaded("x"), 1013),
        (DiskFull("x"), 4507),
        (KeyError("x"), 1011),
    ],
)
def test_sockets_close_with_the_code_of_the_interface(error: Exception, code: int) -> None:
    """What the interface lists; anything unexpected is 1011."""
    assert close_code(error) == code


@pytest.fixture
async def raising(aiohttp_client: object, settings: Settings) -> object:
    """A client of an application whose routes raise what they are asked for."""
    raised = {
        "hole": AudioHole(expected=1_600, offered=3_200),
        "full": DiskFull("no room"),
        "fast": TooFast("slower", retry_after_s=7),
        "bug": RuntimeError("Ann said something secret"),
        "gone": web.HTTPGone(),
    }

    async def fail(request: web.Request) -> web.Response:
        raise raised[request.match_info["what"]]

    app = web.Application()
    app[SETTINGS] = settings
    setup_web(app)
    app.router.add_get("/v1/raise/{what}", fail)
    app.router.add_get("/raise/{what}", fail)
    return await aiohttp_client(app)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("what", "status", "header"),
    [
        ("hole", 409, ("Upload-Offset", "1600")),
        ("full", 507, None),
        ("fast", 429, ("Retry-After", "7")),
        ("gone", 410, None),
    ],
)
async def test_errors_become_problems(
    raising: Client, what: str, status: int, header: tuple[str, str] | None
) -> None:
    """The status, one body shape, and the header that says how to go on."""
    response = await raising.get(f"/v1/raise/{what}")

    assert response.status == status
    assert response.content_type == "application/problem+json"
    assert (await response.json())["status"] == status
    if header is not None:
        assert response.headers[header[0]] == header[1]


async def test_a_bug_tells_the_caller_nothing(raising: Client) -> None:
    """A neutral sentence for the caller; the traceback is in the log, with the route and no path."""
    with capture_logs() as logged:
        response = await raising.get("/v1/raise/bug")

    assert response.status == 500
    assert (await response.json())["code"] == "internal"
    assert "secret" not in await response.text()
    assert [(entry["log_level"], entry["route"]) for entry in logged] == [("error", "/v1/raise/{what}")]
    assert logged[0]["exc_info"]


async def test_pages_show_errors_as_pages(raising: Client) -> None:
    """The same error, for people."""
    response = await raising.get("/raise/full")
    text = await response.text()

    assert (response.status, response.content_type) == (507, "text/html")
    assert "The disk is full" in text
    assert "No room." in text


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "said"),
    [
        ("GET", "/v1", 404, "not_found", "/docs"),
        ("GET", "/v1/nothing", 404, "not_found", "/docs"),
        ("GET", "/v1/meetings/", 404, "not_found", "without the slash"),
        ("PUT", "/v1/meetings", 405, "method_not_allowed", "only GET, HEAD, POST"),
        ("POST", "/healthz", 405, "method_not_allowed", "only GET, HEAD"),
    ],
)
async def test_what_the_router_refuses_has_the_same_shape(
    client: Client, method: str, path: str, status: int, code: str, said: str
) -> None:
    """Unknown addresses and methods are problems too, which say what there is; `Allow` stays."""
    response = await client.request(method, path)
    body = await response.json()

    assert (response.status, body["status"], body["code"]) == (status, status, code)
    assert said in body["detail"]
    assert ("Allow" in response.headers) == (status == 405)
    assert f'id="{body["type"].removeprefix("/docs#")}"' in await (await client.get("/docs")).text()


async def test_a_socket_without_a_handshake_is_told_to_make_one(service: Service) -> None:
    """426 names the protocol to upgrade to, and what else could be meant."""
    await service.sessions.create_meeting(NewMeeting(id="m"))
    response = await service.client.get("/v1/meetings/m/audio")
    told = await response.json()

    assert (response.status, response.headers["Upgrade"]) == (426, "websocket")
    assert response.content_type == "application/problem+json"
    assert told["code"] == "upgrade_required"
    assert all(word in told["detail"] for word in ("meeting-audio.v1", "audio.wav", "/audio"))
    assert (await service.client.get("/v1/meetings/none/audio")).status == 404


@pytest.mark.parametrize("head", [b"GET /secret" + b"x" * 9_000, b"GET / HTTP/1.1\r\nContent-Length: secret"])
async def test_a_request_that_is_no_http_is_one_line_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture, head: bytes
) -> None:
    """A warning without what was sent, for it is nobody's fault here."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(head + b"\r\n\r\n")
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()

    (line,) = [record for record in caplog.records if record.name == "aiohttp.server"]
    assert (line.levelname, line.exc_info) == ("WARNING", None)
    assert line.getMessage().startswith("unreadable request: ")
    assert "secret" not in caplog.text


async def test_an_unknown_page_says_so(service: Service) -> None:
    """A page for people with a way back."""
    for path in ("/nothing", "/meetings/none"):
        response = await service.client.get(path)
        text = await response.text()

        assert (response.status, response.content_type) == (404, "text/html")
        assert 'href="/"' in text
