import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import ClientResponse, ClientSession
from structlog.testing import capture_logs

from meeting_service.backup import back_up, restore
from meeting_service.protocol import SUBPROTOCOL
from meeting_service.sessions.activity import Loudness
from meeting_service.settings import Settings
from meeting_service.web.senders import SENDERS
from tests.web.conftest import Client, Service, StartService


class Event(NamedTuple):
    """One event as an `EventSource` sees it."""

    kind: str
    id: str | None
    data: dict[str, Any]


async def read_events(response: ClientResponse) -> AsyncIterator[Event]:
    """Parse an event stream; comments and `retry` are left out."""
    fields: dict[str, str] = {}
    async for line in response.content:
        name, _, value = line.decode().rstrip("\r\n").partition(": ")
        if name:
            fields[name] = value
        elif "data" in fields:
            yield Event(fields.get("event", "message"), fields.get("id"), json.loads(fields["data"]))
            fields = {}
        else:
            fields = {}


@asynccontextmanager
async def watching(
    client: Client, query: str = "", headers: dict[str, str] | None = None
) -> AsyncIterator[AsyncIterator[Event]]:
    """An open event stream of meeting `m`."""
    async with client.get(f"/v1/meetings/m/events{query}", headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        yield read_events(response)


async def take(events: AsyncIterator[Event], count: int) -> list[Event]:
    """The next events, within reason."""
    async with asyncio.timeout(20):
        return [await anext(events) for _ in range(count)]


async def stored(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """Those that have a number."""
    async for event in events:
        if event.id is not None:
            yield event


async def test_everything_stored_is_told_in_order_with_its_number(service: Service) -> None:
    """From the start: the meeting, who joined, what was said; ids are 1, 2, 3, …"""
    await service.open_meeting("ann")
    await service.say("ann", 500, 1_500, "Hello there.")
    async with watching(service.client) as events:
        told = await take(events, 4)

    assert [event.kind for event in told] == ["meeting", "participant", "participant", "sentence"]
    assert [event.id for event in told] == ["1", "2", "3", "4"]
    assert told[0].data["title"] == "Planning"
    assert told[2].data == told[2].data | {"id": "ann", "name": "Ann", "present": True}
    assert told[3].data == told[3].data | {
        "participant_id": "ann",
        "participant": "Ann",
        "start_ms": 500,
        "end_ms": 1_500,
        "text": "Hello there.",
        "seq": 4,
    }
    assert [word["text"] for word in told[3].data["words"]] == ["Hello", "there."]


async def test_live_events_follow(service: Service) -> None:
    """A draft has no id and is replaced; the final comes once it is stored; a gap and a rename are told."""
    await service.open_meeting("ann")
    ann = await service.sessions.open_input("m", ["ann"], 16_000)
    async with watching(service.client, "?after=3") as events:
        service.worker.draft("ann", 0, 400, "Hel")
        assert await take(events, 1) == [
            Event("draft", None, {"participant_id": "ann", "start_ms": 0, "end_ms": 400, "text": "Hel"})
        ]
        service.worker.say("ann", 0, 900, "Hello.")
        sentence, emptied = await take(events, 2)
        await ann.declare_gap(1_600, 17_600)
        await service.sessions.rename_meeting("m", "Review")
        gap, renamed = await take(events, 2)

    assert (sentence.kind, sentence.id) == ("sentence", "4")
    assert (emptied.kind, emptied.data["text"]) == ("draft", "")
    assert (gap.kind, gap.id, gap.data["participant_id"]) == ("gap", "5", "ann")
    assert (renamed.kind, renamed.id, renamed.data["title"]) == ("meeting", "6", "Review")


async def test_a_watcher_resumes_where_it_was(service: Service) -> None:
    """`Last-Event-ID` goes before `after`; what came between is told once."""
    await service.open_meeting("ann")
    for second in range(6):
        await service.say("ann", second * 1_000, second * 1_000 + 900, f"Number {second}.")
    async with watching(service.client, "?after=1", {"Last-Event-ID": "6"}) as events:
        resumed = await take(events, 3)

    assert [event.id for event in resumed] == ["7", "8", "9"]
    assert [event.data["text"] for event in resumed] == ["Number 3.", "Number 4.", "Number 5."]


async def test_a_number_that_was_never_told_starts_from_the_beginning(service: Service) -> None:
    """Who remembers more events than there ever were is told to forget them, and then everything."""
    await service.open_meeting("ann")
    async with watching(service.client, headers={"Last-Event-ID": "500"}) as events:
        void, *told = await take(events, 4)

    assert void == ("restored", None, {"after": 0})
    assert [event.id for event in told] == ["1", "2", "3"]


async def test_an_empty_number_is_none(service: Service) -> None:
    """As of a client that has heard nothing yet."""
    await service.open_meeting("ann")
    async with watching(service.client, "?after=2", headers={"Last-Event-ID": ""}) as events:
        assert [event.id for event in await take(events, 1)] == ["3"]


async def test_a_watcher_of_what_a_backup_does_not_hold(
    start_service: StartService, settings: Settings, tmp_path: Path
) -> None:
    """Who knows more than was restored is told what is void, then what is new: nothing twice or missed."""
    first, data, backup = await start_service(), settings.data.directory, tmp_path / "backup.tar"
    await first.open_meeting("ann")
    await asyncio.to_thread(back_up, data, backup, on_progress=lambda _done, _total: None)
    for name in ("lost", "lost too"):
        await first.sessions.rename_meeting("m", name)
    known = await first.sessions.store.last_seq("m")
    await first.client.close()
    await asyncio.to_thread(restore, backup, data, replace=True, on_progress=lambda _done, _total: None)
    second = await start_service()
    for number in range(5):
        await second.sessions.rename_meeting("m", f"new {number}")
    async with watching(second.client, headers={"Last-Event-ID": str(known)}) as events:
        restored, *renamed = await take(stored(events), 6)

    assert ("restored", {"after": 3}) == (restored.kind, restored.data)
    assert [f"new {number}" for number in range(5)] == [event.data["title"] for event in renamed]
    assert known == 5 < int(restored.id or 0) < int(renamed[0].id or 0)


async def test_a_watcher_resumes_after_a_restart(start_service: StartService) -> None:
    """Numbers belong to the meeting, not to the process."""
    first = await start_service()
    await first.open_meeting("ann")
    await first.send_silence("ann", 2_000)
    await first.say("ann", 0, 900, "Before.")
    await first.client.close()
    second = await start_service()
    await second.say("ann", 1_000, 1_900, "After.")
    async with watching(second.client, headers={"Last-Event-ID": "4"}) as events:
        (told,) = await take(stored(events), 1)

    assert (told.id, told.data["text"]) == ("5", "After.")


async def test_who_talks_over_whom_is_told(service: Service) -> None:
    """As far as was known; who watches from later on is told by all that was said before."""
    await service.open_meeting("ann", "bob")
    async with watching(service.client, "?after=5") as events:
        await service.say("ann", 0, 2_000, "Shall we begin?")
        await service.say("bob", 1_500, 3_000, "Yes, please.")
        await service.say("ann", 4_000, 5_000, "First topic.")
        live = await take(events, 3)
    async with watching(service.client, "?after=5") as events:
        again = await take(events, 3)
    async with watching(service.client, "?after=6") as events:
        (later,) = await take(events, 1)

    assert [event.data["overlaps"] for event in live] == [False, True, False]
    assert [event.data["overlaps"] for event in again] == [True, True, False]
    assert later.data["overlaps"]


async def test_participants_come_with_figures_of_this_moment(service: Service) -> None:
    """What was received by now, also in the event that tells of the joining."""
    await service.open_meeting("ann")
    async with watching(service.client, "?after=2") as events:
        (joined,) = await take(events, 1)
        await service.sessions.end_participant("m", "ann")
        (left,) = await take(events, 1)

    assert (joined.data["present"], joined.data["received_ms"]) == (True, 100)
    assert (left.data["present"], left.data["received_ms"]) == (False, 100)


async def test_a_renamed_participant_is_told_by_the_new_name(service: Service) -> None:
    """The name in a sentence is the one of that moment."""
    await service.open_meeting("ann")
    async with watching(service.client, "?after=3") as events:
        await service.sessions.put_participant("m", "ann", "Ann Lee")
        await service.say("ann", 0, 900, "Hello.")
        renamed, sentence = await take(events, 2)

    assert renamed.data["name"] == "Ann Lee"
    assert sentence.data["participant"] == "Ann Lee"


async def test_how_far_text_lags_is_told(service: Service) -> None:
    """That of who is furthest behind, also to one who comes later, and that it is over."""

    async def until_told(events: AsyncIterator[Event], behind_ms: int) -> None:
        while (await take(events, 1))[0] != Event("behind", None, {"behind_ms": behind_ms}):
            pass

    await service.open_meeting("ann", "bob")
    async with watching(service.client) as early, watching(service.client, "?after=5") as late:
        service.worker.fall_behind("ann", 4_000)
        service.worker.fall_behind("bob", 9_000)
        await until_told(early, 9_000)
        await until_told(late, 9_000)
        async with watching(service.client) as later:
            await until_told(later, 9_000)
        service.worker.fall_behind("bob", 0)
        assert (await take(late, 1))[0].data == {"behind_ms": 4_000}
        service.worker.fall_behind("ann", 0)
        assert (await take(late, 1))[0].data == {"behind_ms": 0}


async def test_the_stream_ends_with_the_meeting_deleted(service: Service) -> None:
    """The response is complete, not cut; asking again is 404."""
    await service.open_meeting()
    async with watching(service.client) as events:
        await take(events, 1)
        await service.sessions.delete_meeting("m")
        assert [event async for event in events] == []

    assert (await service.client.get("/v1/meetings/m/events")).status == 404


async def test_the_stream_ends_when_the_service_stops(service: Service) -> None:
    """Watchers are told that it restarts, under no number, and let go at once."""
    await service.open_meeting()
    async with watching(service.client) as events:
        await take(events, 1)
        await service.client.app.shutdown()
        assert [event async for event in events] == [("restarting", None, {})]


async def test_a_watcher_who_left_is_forgotten(service: Service) -> None:
    """With the next event at the latest; the place is free for another."""
    await service.open_meeting("ann")
    async with watching(service.client) as events:
        await take(events, 1)
        assert service.sessions.broadcaster.watcher_count("m") == 1
    service.cut_connections()
    second = 0
    async with asyncio.timeout(20):
        while service.sessions.broadcaster.watcher_count("m"):
            await service.say("ann", second, second + 900, "Still here?")
            second += 1_000


async def test_markup_in_text_is_told_as_it_is(service: Service) -> None:
    """JSON on one line: no text can break out of its event."""
    await service.open_meeting("ann")
    said = "data: x\n\nevent: meeting\ndata: {} </script>"
    await service.say("ann", 0, 900, said)
    async with watching(service.client, "?after=3") as events:
        (told,) = await take(events, 1)

    assert (told.kind, told.data["text"]) == ("sentence", said)


async def test_more_watchers_than_allowed_are_refused(
    start_service: StartService, settings: Settings
) -> None:
    """429 with Retry-After; leaving makes room."""
    limits = settings.limits.model_copy(update={"watchers": 1})
    service = await start_service(settings.model_copy(update={"limits": limits}))
    await service.open_meeting()
    async with watching(service.client) as events:
        await take(events, 1)
        response = await service.client.get("/v1/meetings/m/events")

        assert response.status == 429
        assert int(response.headers["Retry-After"]) > 0


async def test_a_reader_that_takes_nothing_is_cut_off(
    start_service: StartService, settings: Settings
) -> None:
    """Its place becomes free, and what it did not take is kept nowhere for it."""
    limits = settings.limits.model_copy(update={"body_idle_s": 1})
    service = await start_service(settings.model_copy(update={"limits": limits}))
    await service.open_meeting("ann")
    with socket.create_connection(("127.0.0.1", service.client.port)) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.sendall(b"GET /v1/meetings/m/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await wait_for_watchers(service, 1)
        for second in range(20):
            await service.say("ann", second * 1_000, second * 1_000 + 900, "word " * 20_000)
        await wait_for_watchers(service, 0)


async def wait_for_watchers(service: Service, count: int) -> None:
    """Return when the meeting has so many."""
    async with asyncio.timeout(20):
        while service.sessions.broadcaster.watcher_count("m") != count:  # noqa: ASYNC110 watchers tell nobody
            await asyncio.sleep(0.01)


async def test_every_line_ends_alike(service: Service) -> None:
    """With LF, from the first one on."""
    await service.open_meeting("ann")
    async with service.client.get("/v1/meetings/m/events") as response:
        told = b"".join([await response.content.readline() for _ in range(6)])

    assert b"\r" not in told


@pytest.mark.parametrize("given", ["-1", "x", "1.5", "٣", str(2**80), "9" * 5_000])
async def test_a_position_that_cannot_be_one_is_explained(service: Service, given: str) -> None:
    """422 before any event."""
    await service.open_meeting()
    by_query = await service.client.get("/v1/meetings/m/events", params={"after": given})
    by_header = await service.client.get("/v1/meetings/m/events", headers={"Last-Event-ID": given})

    assert by_query.status == by_header.status == 422


async def test_an_event_stream_is_not_to_be_kept(service: Service) -> None:
    """No cache and no proxy holds it back, and it says when to come again."""
    await service.open_meeting()
    async with service.client.get("/v1/meetings/m/events") as response:
        first = await response.content.readline()

    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert first.startswith(b"retry: ")


def activity(level: int = 0, behind_ms: int = 0, *, reconnecting: bool = False) -> dict[str, Any]:
    """What is told of Ann."""
    return {"participant_id": "ann", "level": level, "behind_ms": behind_ms, "reconnecting": reconnecting}


async def hear_activity(events: AsyncIterator[Event], told: dict[str, Any]) -> None:
    """Return once this is told, of nobody else; what is told before is passed over."""
    async with asyncio.timeout(20):
        async for event in events:
            if event == Event("activity", None, {"participants": [told]}):
                return


async def test_who_is_loud_or_late_is_told(service: Service) -> None:
    """As it is now, to who begins to watch, too; of nobody of whom nothing differs."""
    await service.open_meeting("ann", "ben")
    async with service.heard("ann", 400), watching(service.client, "?after=5") as events:
        assert [Event("activity", None, {"participants": [activity(2)]})] == await take(events, 1)
        service.worker.fall_behind("ann", 4_000)
        await hear_activity(events, activity(2, 4_000))
    async with watching(service.client, "?after=5") as events:
        await hear_activity(events, activity(0, 4_000))
        await service.sessions.end_participant("m", "ann")
        await hear_activity(events, activity())


async def test_a_person_of_two_ids_is_told_as_one(service: Service) -> None:
    """Under the id under which they are shown."""
    await service.open_meeting("ann", "phone")
    await service.sessions.editing.merge("m", "phone", "ann", 0)
    async with watching(service.client, "?after=5") as events, service.heard("phone", 400):
        await hear_activity(events, activity(2))


async def wait_for_no_socket(service: Service) -> None:
    """Return when the service knows that every sender is gone."""
    async with asyncio.timeout(20):
        while service.client.app[SENDERS].sockets:  # noqa: ASYNC110 sockets tell nobody
            await asyncio.sleep(0.01)


async def test_a_sender_that_is_cut_off_is_told_until_it_is_back(service: Service) -> None:
    """Not one that says that it is done; a new connection takes it back, also while nothing is sent."""
    hello = {"stream": 1, "participant": "ann", "encoding": "s16le", "rate": 16_000}
    await service.open_meeting("ann")
    async with watching(service.client, "?after=3") as events:
        for polite in (False, True):
            async with ClientSession() as session:
                url = f"{service.url}/v1/meetings/m/audio"
                socket = await session.ws_connect(url, protocols=(SUBPROTOCOL,))
                await socket.send_json({"type": "hello", "streams": [hello]})
                assert "welcome" == (await socket.receive_json())["type"]
                if polite:
                    await hear_activity(events, activity())
                    await socket.send_json({"type": "bye"})
                    await socket.close()
            if not polite:
                await hear_activity(events, activity(reconnecting=True))
        await wait_for_no_socket(service)
        service.worker.fall_behind("ann", 3_000)
        await hear_activity(events, activity(0, 3_000))


class BrokenLoudness(Loudness):
    """Fails whoever asks how loud it is."""

    def level(self, now_s: float) -> int:
        """Never anything."""
        raise ArithmeticError(now_s)


async def test_a_failure_to_tell_how_everybody_is_can_be_found(service: Service) -> None:
    """The stream ends, to be taken up again, and the log says why."""
    await service.open_meeting("ann")
    (reading,) = service.sessions.streams.list_readings()
    for live in reading.streams.values():
        live.loudness = BrokenLoudness()
    with capture_logs() as logged:
        async with watching(service.client) as events, asyncio.timeout(20):
            assert "activity" not in [event.kind async for event in events]

    assert ["event stream failed"] == [line["event"] for line in logged if line["log_level"] == "error"]
