import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientResponse

from meeting_service.settings import Settings
from tests.web.conftest import Client, Service, StartService


async def problem(response: ClientResponse) -> tuple[int, str, str]:
    """Status, code and detail of a problem."""
    assert response.content_type == "application/problem+json"
    body = await response.json()
    assert {"type", "title", "status", "detail", "code"} == body.keys()
    return response.status, body["code"], body["detail"]


async def test_a_meeting_is_created_with_what_the_caller_chose(client: Client) -> None:
    """The answer is 201 with the meeting's address and everything that was said of it."""
    response = await client.post(
        "/v1/meetings",
        json={
            "id": "standup-7",
            "title": "Stand-up",
            "language": "en",
            "vocabulary": ["Parakeet"],
            "started_at": "2026-03-04T10:00:00+01:00",
        },
    )

    assert response.status == 201
    assert response.headers["Location"] == "/v1/meetings/standup-7"
    assert await response.json() == {
        "id": "standup-7",
        "title": "Stand-up",
        "state": "live",
        "started_at": "2026-03-04T09:00:00Z",
        "ended_at": None,
        "audio_removed_at": None,
        "audio_kept_until": None,
        "transcript_kept_until": None,
        "language": "en",
        "vocabulary": ["Parakeet"],
        "model": "mlx-community/parakeet-tdt-0.6b-v3",
        "participants": [],
    }


async def test_nothing_needs_to_be_said_of_a_meeting(client: Client) -> None:
    """A request without a body makes a live meeting with an id, a title and a start of its own."""
    response = await client.post("/v1/meetings")

    assert response.status == 201
    body = await response.json()
    assert body["id"]
    assert body["title"]
    assert datetime.fromisoformat(body["started_at"]).tzinfo == UTC


async def test_the_same_id_again_is_the_same_meeting(client: Client) -> None:
    """Creating is safe to repeat: 200, and what was created first."""
    await client.post("/v1/meetings", json={"id": "a", "title": "First"})
    response = await client.post("/v1/meetings", json={"id": "a", "title": "Second"})

    assert response.status == 200
    assert (await response.json())["title"] == "First"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"titel": "x"}', "'titel'"),
        (b'{"title": 5}', "'title'"),
        (b'{"title": "\\ud800"}', "JSON"),
        (b'{"title": "\xff"}', "UTF-8 at byte 11"),
        (b'{"title": " "}', "visible"),
        (b'{"title": "' + b"x" * 201 + b'"}', "over 200"),
        (b'{"id": "a/b"}', "id"),
        (b'{"id": ""}', "id"),
        (b"{", "JSON: EOF while parsing"),
        (b"[]", "object"),
        (b'"text"', "object"),
        (b'{"started_at": "yesterday"}', "'started_at': this is no RFC 3339 time with a zone, like 2"),
        (
            b'{"started_at": "2026-03-04T10:00:00"}',
            "'started_at': this is no RFC 3339 time with a zone, like",
        ),
        (b'{"started_at": "9999-12-31T23:59:59Z"}', "'started_at': more than a day ahead"),
        (b'{"started_at": 5}', "'started_at'"),
        (b'{"language": "??"}', "'language'"),
        (b'{"vocabulary": [""]}', "'vocabulary.0'"),
        (b'{"vocabulary": "x"}', "'vocabulary'"),
        (b"[" * 20_000, "JSON"),
    ],
)
async def test_a_body_that_does_not_fit_is_explained(client: Client, body: bytes, said: str) -> None:
    """The answer is 422 and names the field or the place, and no meeting is made."""
    response = await client.post("/v1/meetings", data=body, headers={"Content-Type": "application/json"})
    status, code, detail = await problem(response)

    assert (status, code) == (422, "invalid_request")
    assert said in detail
    assert (await (await client.get("/v1/meetings")).json())["meetings"] == []


async def test_a_form_is_not_json(client: Client) -> None:
    """What `curl -d` sends by default is answered with the content type to send."""
    status, code, detail = await problem(await client.post("/v1/meetings", data={"title": "x"}))

    assert (status, code) == (415, "unsupported_media")
    assert "application/json" in detail


async def test_a_compressed_body_is_refused(client: Client) -> None:
    """Compression could hide any size."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    status, code, _ = await problem(await client.post("/v1/meetings", data=b"\x1f\x8b", headers=headers))

    assert (status, code) == (415, "unsupported_media")


async def test_a_body_over_the_limit_is_refused(client: Client) -> None:
    """One byte more than the limit is too much, also when the size is not announced."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 1_024

    status, code, _ = await problem(
        await client.post("/v1/meetings", data=pieces(), headers={"Content-Type": "application/json"})
    )

    assert (status, code) == (413, "too_large")


async def test_a_body_that_stands_still_is_given_up(start_service: StartService, settings: Settings) -> None:
    """408 once it has taken longer than it may."""
    limits = settings.limits.model_copy(update={"body_idle_s": 0.05})
    service = await start_service(settings.model_copy(update={"limits": limits}))
    never = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    response = await service.client.post(
        "/v1/meetings", data=pieces(), headers={"Content-Type": "application/json"}
    )

    assert (await problem(response))[:2] == (408, "stalled")


async def test_names_with_markup_stay_what_they_are(client: Client) -> None:
    """Markup is text; line breaks become spaces and direction overrides go."""
    await client.post("/v1/meetings", json={"id": "m"})
    response = await client.put("/v1/meetings/m/participants/a<b>", json={"name": "<b>Ann</b>\r\nX\u202e"})

    assert response.status == 201
    body = await response.json()
    assert (body["id"], body["name"]) == ("a<b>", "<b>Ann</b> X")


async def test_meetings_are_listed_newest_first_in_pages(client: Client) -> None:
    """Following the cursor gives every meeting once."""
    for day in range(1, 6):
        await client.post("/v1/meetings", json={"id": f"d{day}", "started_at": f"2026-01-0{day}T00:00:00Z"})
    found, cursor = [], ""
    while True:
        page = await (await client.get(f"/v1/meetings?limit=2{cursor}")).json()
        found += [meeting["id"] for meeting in page["meetings"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert found == ["d5", "d4", "d3", "d2", "d1"]


async def test_meetings_are_found_by_state_title_and_text(service: Service) -> None:
    """`state` and `q` narrow the list."""
    await service.open_meeting("ann")
    await service.say("ann", 0, 900, "We ship on Friday.")
    await service.client.post("/v1/meetings", json={"id": "other", "title": "Retrospective"})

    async def ids(query: str) -> list[str]:
        page = await (await service.client.get(f"/v1/meetings?{query}")).json()
        return [meeting["id"] for meeting in page["meetings"]]

    assert await ids("q=friday") == ["m"]
    assert await ids("q=retro") == ["other"]
    assert await ids("state=ended") == []
    assert sorted(await ids("state=live")) == ["m", "other"]


@pytest.mark.parametrize("query", ["state=asleep", "limit=0", "limit=x", "cursor=!!", "page=2"])
async def test_a_query_that_does_not_fit_is_explained(client: Client, query: str) -> None:
    """The parameter is named."""
    status, code, detail = await problem(await client.get(f"/v1/meetings?{query}"))

    assert (status, code) == (422, "invalid_request")
    assert query.split("=")[0] in detail


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""),
        ("GET", "/m"),
        ("DELETE", "/m"),
        ("POST", "/m/end"),
        ("GET", "/m/audio"),
        ("POST", "/m/participants/ann/audio"),
        ("HEAD", "/m/participants/ann/audio"),
        ("POST", "/m/audio"),
    ],
)
async def test_a_parameter_that_nobody_knows_is_refused(service: Service, method: str, path: str) -> None:
    """Wherever it stands, and nothing is done."""
    await service.open_meeting("ann")
    response = await service.client.request(method, f"/v1/meetings{path}?force=1")

    assert response.status == 422
    assert method == "HEAD" or "there is no parameter 'force' here" in (await problem(response))[2]
    assert [m["id"] for m in (await (await service.client.get("/v1/meetings")).json())["meetings"]] == ["m"]


@pytest.mark.parametrize("path", ["end", "participants/ann/end"])
async def test_a_body_where_none_is_known_is_refused(service: Service, path: str) -> None:
    """Its fields would be overlooked; one without any says nothing."""
    await service.open_meeting("ann")
    refused = await service.client.post(f"/v1/meetings/m/{path}", json={"wait": False})

    assert "there is no field 'wait' here" in (await problem(refused))[2]
    assert (await service.client.post(f"/v1/meetings/m/{path}", json={})).status == 200


async def test_a_meeting_tells_what_became_of_everybodys_audio(service: Service) -> None:
    """Received, found to be speech, transcribed, and gaps: per participant."""
    await service.open_meeting("ann", "bob")
    ann = await service.sessions.open_input("m", ["ann"], 16_000)
    await ann.declare_gap(1_600, 17_600)
    await service.say("ann", 0, 100, "Hello.")
    meeting = await (await service.client.get("/v1/meetings/m")).json()

    people = {person["id"]: person for person in meeting["participants"]}
    assert people["ann"]["received_ms"] == 1_100
    assert people["ann"]["transcribed_ms"] == people["ann"]["speech_ms"] == 100
    assert [gap["end_ms"] - gap["start_ms"] for gap in people["ann"]["gaps"]] == [1_000]
    assert people["bob"] == people["bob"] | {"received_ms": 100, "gaps": [], "present": True, "name": "Bob"}


async def test_a_meeting_is_renamed(service: Service) -> None:
    """The new title is in the answer and afterwards."""
    await service.open_meeting()
    response = await service.client.patch("/v1/meetings/m", json={"title": "Review"})

    assert (await response.json())["title"] == "Review"
    assert (await (await service.client.get("/v1/meetings/m")).json())["title"] == "Review"


async def test_a_rename_without_a_title_is_explained(service: Service) -> None:
    """The missing field is named."""
    await service.open_meeting()
    status, _, detail = await problem(await service.client.patch("/v1/meetings/m", json={}))

    assert status == 422
    assert "'title'" in detail


async def test_a_field_that_is_not_there_is_told_before_one_that_is_missing(service: Service) -> None:
    """What the caller wrote is what they want to know about."""
    await service.open_meeting()
    response = await service.client.patch("/v1/meetings/m", json={"language": "de"})

    assert (await problem(response))[2] == "there is no field 'language' here; known: title"


async def test_a_meeting_may_start_tomorrow(client: Client) -> None:
    """A day ahead, as of a bot that makes it beforehand; not further."""
    now = datetime.now(UTC)
    for hours, status in ((23, 201), (25, 422)):
        at = (now + timedelta(hours=hours)).isoformat()
        assert (await client.post("/v1/meetings", json={"started_at": at})).status == status


async def test_who_is_one_too_many_is_told_what_helps(
    start_service: StartService, settings: Settings
) -> None:
    """The setting and the remedy; waiting is none, so nothing says for how long."""
    limits = settings.limits.model_copy(update={"participants": 1})
    service = await start_service(settings.model_copy(update={"limits": limits}))
    await service.open_meeting("ann")
    response = await service.client.put("/v1/meetings/m/participants/ben")
    status, code, detail = await problem(response)

    assert (status, code, "Retry-After" in response.headers) == (429, "too_many", False)
    assert "([limits] participants): delete one first" in detail


async def test_a_deleted_meeting_is_gone(service: Service) -> None:
    """204, then 404 for it and for what belonged to it."""
    await service.open_meeting("ann")
    response = await service.client.delete("/v1/meetings/m")

    assert response.status == 204
    for path in ("", "/transcript", "/events", "/transcript.txt"):
        assert (await problem(await service.client.get(f"/v1/meetings/m{path}")))[0] == 404


async def test_ending_waits_until_all_text_is_final(service: Service) -> None:
    """200 with an ended meeting in which nobody is present any more; again is the same."""
    await service.open_meeting("ann")
    for _ in range(2):
        response = await service.client.post("/v1/meetings/m/end")
        body = await response.json()

        assert (response.status, body["state"]) == (200, "ended")
        assert body["ended_at"]
        assert not body["participants"][0]["present"]


async def test_ending_need_not_be_waited_for(service: Service) -> None:
    """With wait=false the answer is 202 while text is outstanding."""
    await service.open_meeting("ann")
    service.worker.holds_back = True
    response = await service.client.post("/v1/meetings/m/end?wait=false")

    assert response.status == 202
    assert (await response.json())["state"] == "ending"


async def test_a_stop_lets_go_of_who_waits_for_an_end(service: Service) -> None:
    """The answer is 503 with a time to come back; the end goes on after the next start."""
    await service.open_meeting("ann")
    service.worker.holds_back = True
    before = await service.sessions.store.last_seq("m")
    with service.sessions.subscribe("m", before) as watcher:
        waiting = asyncio.create_task(service.client.post("/v1/meetings/m/end"))
        await anext(aiter(watcher))
    await service.client.app.shutdown()
    response = await waiting

    assert (await problem(response))[:2] == (503, "overloaded")
    assert response.headers["Retry-After"]


async def test_a_participant_is_created_then_renamed(service: Service) -> None:
    """201, then 200; without a name the id serves and a name that is there stays."""
    await service.open_meeting()
    path = "/v1/meetings/m/participants/ann"
    answers = [await service.client.put(path, json=body) for body in ({}, {"name": "Ann"}, {})]

    assert [answer.status for answer in answers] == [201, 200, 200]
    assert [(await answer.json())["name"] for answer in answers] == ["ann", "Ann", "Ann"]
    assert (await answers[0].json())["gaps"] == []


async def test_a_meeting_that_is_over_takes_no_participants(service: Service) -> None:
    """It says so of participants, and not of audio."""
    await service.open_meeting()
    await service.client.post("/v1/meetings/m/end")
    status, code, detail = await problem(await service.client.put("/v1/meetings/m/participants/new"))

    assert (status, code) == (409, "meeting_ended")
    assert detail == "the meeting has ended and takes no more participants"


async def test_a_participant_leaves(service: Service) -> None:
    """The participant is no longer present, their text is final, and what became of it is told."""
    await service.open_meeting("ann")
    ann = await service.sessions.open_input("m", ["ann"], 16_000)
    await ann.declare_gap(1_600, 17_600)
    renamed = await service.client.put("/v1/meetings/m/participants/ann", json={"name": "Ann Lee"})
    response = await service.client.post("/v1/meetings/m/participants/ann/end")

    assert response.status == 200
    assert not (await response.json())["present"]
    for person in (await renamed.json(), await response.json()):
        assert person["received_ms"] == 1_100
        assert [gap["end_ms"] - gap["start_ms"] for gap in person["gaps"]] == [1_000]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/meetings/none"),
        ("PATCH", "/v1/meetings/none"),
        ("DELETE", "/v1/meetings/none"),
        ("POST", "/v1/meetings/none/end"),
        ("PUT", "/v1/meetings/none/participants/ann"),
        ("POST", "/v1/meetings/none/participants/ann/end"),
        ("POST", "/v1/meetings/m/participants/none/end"),
    ],
)
async def test_what_is_not_there_is_404(service: Service, method: str, path: str) -> None:
    """Unknown meetings and participants."""
    await service.open_meeting()
    response = await service.client.request(method, path, json={"title": "x"} if method == "PATCH" else None)

    assert (await problem(response))[:2] == (404, "not_found")


@pytest.mark.parametrize("participant", ["%2F", "a%2Fb", "%00", "a%0Ab", "x" * 129, "%20"])
async def test_a_participant_id_that_cannot_be_one_is_refused(service: Service, participant: str) -> None:
    """Slashes, control characters, too many characters, none that can be seen."""
    await service.open_meeting()
    response = await service.client.put(f"/v1/meetings/m/participants/{participant}")

    assert (await problem(response))[0] == 422


async def test_too_many_live_meetings_are_refused_politely(
    start_service: StartService, settings: Settings
) -> None:
    """429 with Retry-After; those that are there go on."""
    limits = settings.limits.model_copy(update={"live_meetings": 1})
    service = await start_service(settings.model_copy(update={"limits": limits}))
    await service.open_meeting()
    response = await service.client.post("/v1/meetings")

    assert (await problem(response))[:2] == (429, "too_many")
    assert int(response.headers["Retry-After"]) > 0
