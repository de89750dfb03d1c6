"""Revisions over HTTP: begun, listed, read, deleted, and every refusal in one shape."""

import pytest
from aiohttp import ClientResponse

from meeting_service.web.numbers import MAX_DIGITS
from tests.web.conftest import BIG, Client, Service

DEFAULT = "mlx-community/parakeet-tdt-0.6b-v3"


@pytest.fixture
def client(ended: Service) -> Client:
    """A client of that service."""
    return ended.client


async def refusal(response: ClientResponse) -> tuple[int, str, str]:
    """Status, code and detail of a problem."""
    body = await response.json()
    assert {"type", "title", "status", "detail", "code"} == body.keys()
    return response.status, body["code"], body["detail"]


async def test_another_is_begun(client: Client) -> None:
    """202 with the revision and where to see how far it is."""
    wishes = {"model": BIG, "vocabulary": ["Zürich"]}
    response = await client.post("/v1/meetings/m/retranscribe", json=wishes)
    begun = await response.json()
    seen = await client.get(response.headers["Location"])

    assert 202 == response.status
    assert "/v1/meetings/m/revisions/2" == response.headers["Location"]
    assert {**wishes, "number": 2, "state": "running", "progress": 0}.items() <= begun.items()
    assert begun["finished_at"] is begun["detail"] is None
    assert begun == await seen.json()


async def test_nothing_needs_to_be_said(client: Client) -> None:
    """Without a body the meeting's own model and words are used."""
    response = await client.post("/v1/meetings/m/retranscribe")

    assert {"model": DEFAULT, "vocabulary": []}.items() <= (await response.json()).items()


async def test_the_list(client: Client) -> None:
    """The newest first; the one that is shown stays the first until another is done."""
    await client.post("/v1/meetings/m/retranscribe")
    listed = await (await client.get("/v1/meetings/m/revisions")).json()

    assert 1 == listed["current"]
    assert [(2, "running"), (1, "done")] == [(r["number"], r["state"]) for r in listed["revisions"]]
    assert 1 == (await (await client.get("/v1/meetings/m/transcript")).json())["revision"]


async def test_one_is_deleted(client: Client) -> None:
    """204, and it is not there any more; the first stays."""
    await client.post("/v1/meetings/m/retranscribe")
    gone = await client.delete("/v1/meetings/m/revisions/2")

    assert 204 == gone.status
    assert (404, "not_found") == (await refusal(await client.get("/v1/meetings/m/revisions/2")))[:2]
    assert (409, "conflict") == (await refusal(await client.delete("/v1/meetings/m/revisions/1")))[:2]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"model": "huge"}, 422, f"'huge' is not loaded here; loaded: {DEFAULT}, {BIG}"),
        ({"model": 7}, 422, "field 'model'"),
        ({"vocabulary": [""]}, 422, "field 'vocabulary.0'"),
        ({"vocabulary": ["x"] * 201}, 422, "field 'vocabulary'"),
        ({"speed": 2}, 422, "known: model, vocabulary"),
    ],
)
async def test_what_cannot_be_asked_for(client: Client, body: object, status: int, said: str) -> None:
    """A refusal names the field, or the models there are."""
    answer = await refusal(await client.post("/v1/meetings/m/retranscribe", json=body))

    assert (status, "invalid_request") == answer[:2]
    assert said in answer[2]


async def test_the_wrong_moment(client: Client) -> None:
    """A live meeting, a second one at once, and a text that is not done are 409 with the reason."""
    await client.post("/v1/meetings", json={"id": "live"})
    live = await refusal(await client.post("/v1/meetings/live/retranscribe"))
    await client.post("/v1/meetings/m/retranscribe")
    again = await refusal(await client.post("/v1/meetings/m/retranscribe"))
    unread = await refusal(await client.get("/v1/meetings/m/transcript.srt?revision=2"))

    assert (409, "meeting live is live: it can be transcribed again once it has ended") == (live[0], live[2])
    assert (409, "revision 2 of meeting m is still running") == (again[0], again[2])
    assert (409, "revision 2 is running: it can be read when it is done") == (unread[0], unread[2])


@pytest.mark.parametrize(
    "path",
    [
        "/v1/meetings/none/revisions",
        "/v1/meetings/m/revisions/7",
        "/v1/meetings/m/revisions/two",
        f"/v1/meetings/m/revisions/{'9' * (MAX_DIGITS + 1)}",
        "/v1/meetings/m/transcript?revision=7",
        "/meetings/m?revision=7",
        "/meetings/m?revision=two",
    ],
)
async def test_what_is_not_there(client: Client, path: str) -> None:
    """404, whatever was asked for."""
    assert 404 == (await client.get(path)).status


async def test_models_are_listed(client: Client) -> None:
    """The default first; a new meeting may choose one, and says which it has."""
    listed = await (await client.get("/v1/models")).json()
    chosen = await client.post("/v1/meetings", json={"model": BIG})
    refused = await refusal(await client.post("/v1/meetings", json={"model": "huge"}))

    assert {"default": DEFAULT, "models": [DEFAULT, BIG]} == listed
    assert BIG == (await chosen.json())["model"]
    assert (422, "invalid_request") == refused[:2]
    assert BIG in refused[2]
