"""Watchers get every stored event once and in order, and the newest drafts."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from meeting_service.broadcast import RECENT_EVENTS, Broadcaster, Watcher
from meeting_service.errors import TooMany
from meeting_service.events import (
    DraftChanged,
    MeetingChanged,
    MeetingEvent,
    ParticipantDeleted,
    RevisionAdvanced,
    RevisionChanged,
    StoredEvent,
)
from meeting_service.meeting import Meeting, MeetingState
from meeting_service.transcript import Draft, Revision, RevisionState


class EventLog:
    """The store's part: everything committed, read in pages."""

    def __init__(self) -> None:
        self.events: list[StoredEvent] = []
        self.reads = 0

    def commit(self, count: int = 1) -> list[StoredEvent]:
        """Add events, as a transaction would."""
        first = len(self.events) + 1
        new = [StoredEvent("m", seq, MeetingChanged(_meeting(seq))) for seq in range(first, first + count)]
        self.events += new
        return new

    async def read(self, meeting_id: str, after: int) -> list[StoredEvent]:
        """The next page."""
        self.reads += 1
        await asyncio.sleep(0)
        return [event for event in self.events if event.seq > after][:100]


def _meeting(seq: int) -> Meeting:
    return Meeting("m", f"title {seq}", MeetingState.LIVE, datetime(2026, 1, 1, tzinfo=UTC))


async def _take(watcher: Watcher, count: int) -> list[MeetingEvent]:
    return [await asyncio.wait_for(anext(watcher), 5) for _ in range(count)]


def _seqs(events: list[MeetingEvent]) -> list[int]:
    return [event.seq for event in events if isinstance(event, StoredEvent)]


async def test_history_then_news() -> None:
    """A watcher gets what was stored before it came, then what follows, without a hole or a repeat."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)
    log.commit(250)

    with broadcaster.subscribe("m", 10) as watcher:
        broadcaster.publish(log.commit(3))
        seen = await _take(watcher, 243)

    assert list(range(11, 254)) == _seqs(seen)


async def test_out_of_turn_publication() -> None:
    """Two commits that are published in the wrong order reach the watcher in the right one."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)

    with broadcaster.subscribe("m") as watcher:
        broadcaster.publish(log.commit(2))
        assert [1, 2] == _seqs(await _take(watcher, 2))
        first, second = log.commit(1), log.commit(1)
        broadcaster.publish(second)
        broadcaster.publish(first)
        seen = await _take(watcher, 2)

    assert [3, 4] == _seqs(seen)


async def test_commit_during_history() -> None:
    """An event that is committed while a watcher reads history is not missed."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)
    log.commit(5)

    with broadcaster.subscribe("m") as watcher:
        reading = asyncio.create_task(_take(watcher, 7))
        for _ in range(2):
            await asyncio.sleep(0)
            broadcaster.publish(log.commit(1))
        seen = await reading

    assert list(range(1, 8)) == _seqs(seen)


async def test_watcher_who_sleeps() -> None:
    """A watcher that does not read for a long time costs nothing and still gets everything."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)

    with broadcaster.subscribe("m") as watcher:
        for _ in range(3 * RECENT_EVENTS):
            broadcaster.publish(log.commit(1))
        seen = await _take(watcher, 3 * RECENT_EVENTS)

    assert list(range(1, 3 * RECENT_EVENTS + 1)) == _seqs(seen)


async def test_watcher_whose_next_event_is_just_forgotten() -> None:
    """Memory serves only who is missing nothing before it: for one event more the store is read."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)

    with broadcaster.subscribe("m", 1) as missing_one, broadcaster.subscribe("m", 2) as missing_none:
        broadcaster.publish(log.commit(RECENT_EVENTS + 2))  # of which memory holds 3 and those that follow
        from_memory = await _take(missing_none, RECENT_EVENTS)
        reads = log.reads
        seen = await _take(missing_one, RECENT_EVENTS + 1)

    assert 0 == reads
    assert list(range(3, RECENT_EVENTS + 3)) == _seqs(from_memory)
    assert list(range(2, RECENT_EVENTS + 3)) == _seqs(seen)


async def test_numbers_with_a_hole() -> None:
    """Where somebody was deleted, no watcher is told of them, wherever it is, and nothing else is missed."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)

    with broadcaster.subscribe("m") as before, broadcaster.subscribe("m", 3) as within:
        broadcaster.publish(log.commit(6))
        del log.events[2:4]
        broadcaster.withdraw("m", "ann")
        broadcaster.publish([StoredEvent("m", 7, ParticipantDeleted())])
        log.events.append(StoredEvent("m", 7, ParticipantDeleted()))
        seen = [_seqs(await _take(before, 5)), _seqs(await _take(within, 3))]

    assert [[1, 2, 5, 6, 7], [5, 6, 7]] == seen


async def test_an_event_that_is_never_published() -> None:
    """As when its commit seemed to fail and did not: the next one that is published tells of it, too."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)

    with broadcaster.subscribe("m") as watcher:
        broadcaster.publish(log.commit(2))
        assert [1, 2] == _seqs(await _take(watcher, 2))
        log.commit(1)
        broadcaster.publish(log.commit(1))
        broadcaster.publish(log.commit(1))
        seen = await _take(watcher, 3)

    assert [3, 4, 5] == _seqs(seen)


async def test_a_meeting_nobody_follows() -> None:
    """Nothing of it is remembered, also after all drafts were taken back: who comes reads the store."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)
    seen: list[int] = []
    for text in ("", "we"):
        broadcaster.publish_draft("m", Draft("ann", 0, 900, text))
        broadcaster.publish_draft("m", Draft("ann", 0, 0, ""))
        broadcaster.publish(log.commit(1))
        with broadcaster.subscribe("m") as watcher:
            seen += _seqs(await _take(watcher, len(log.events)))

    assert [1, 1, 2] == seen
    assert 2 == log.reads


async def test_newest_draft_only() -> None:
    """Of many drafts of one participant a watcher gets the newest."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)

    with broadcaster.subscribe("m") as watcher:
        for text in ("we", "we should", "we should ship"):
            broadcaster.publish_draft("m", Draft("ann", 0, 900, text))
        (seen,) = await _take(watcher, 1)

    assert DraftChanged(Draft("ann", 0, 900, "we should ship")) == seen


async def test_final_before_the_draft_that_follows_it() -> None:
    """A final and the draft that it leaves are told in that order."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)

    with broadcaster.subscribe("m") as watcher:
        broadcaster.publish_draft("m", Draft("ann", 0, 900, "we should ship"))
        await _take(watcher, 1)
        broadcaster.publish_draft("m", Draft("ann", 0, 0, ""))
        broadcaster.publish(log.commit(1))
        seen = await _take(watcher, 2)

    assert isinstance(seen[0], StoredEvent)
    assert DraftChanged(Draft("ann", 0, 0, "")) == seen[1]


async def test_newest_progress_until_it_is_told_for_good() -> None:
    """A watcher learns how far a revision is now, and nothing of that after its end."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)
    running = Revision(2, "demo", (), RevisionState.RUNNING, datetime(2026, 1, 1, tzinfo=UTC))
    with broadcaster.subscribe("m") as watcher:
        for percent in (10, 20, 30):
            broadcaster.publish_progress("m", replace(running, progress=percent / 100))
        newest = await anext(watcher)
        broadcaster.publish_progress("m", replace(running, progress=0.9))
        done = StoredEvent("m", 1, RevisionChanged(replace(running, state=RevisionState.DONE)))
        log.events.append(done)
        broadcaster.publish([done])
        told = await anext(watcher)
    broadcaster.publish_progress("m", running)

    assert RevisionAdvanced(replace(running, progress=0.3)) == newest
    assert done == told
    assert 0 == broadcaster.watcher_count("m")


async def test_quiet_watcher_does_not_read_the_store() -> None:
    """Drafts alone never make a watcher who is up to date ask the store again."""
    log = EventLog()
    broadcaster = Broadcaster(log.read, 10)

    with broadcaster.subscribe("m") as watcher:
        broadcaster.publish_draft("m", Draft("ann", 0, 1, "a"))
        await _take(watcher, 1)
        reads = log.reads
        for text in ("ab", "abc", "abcd"):
            broadcaster.publish_draft("m", Draft("ann", 0, 1, text))
            await _take(watcher, 1)

    assert reads == log.reads


async def test_too_many_watchers() -> None:
    """The limit of watchers is told, and a place that is left is free again."""
    broadcaster = Broadcaster(EventLog().read, 1)

    with broadcaster.subscribe("m"), pytest.raises(TooMany), broadcaster.subscribe("m"):
        pass
    with broadcaster.subscribe("m"):
        assert broadcaster.watcher_count("m") == 1


async def test_deleted_meeting_ends_the_watch() -> None:
    """Watchers of a meeting that is deleted come to an end."""
    broadcaster = Broadcaster(EventLog().read, 10)

    with broadcaster.subscribe("m") as watcher:
        waiting = asyncio.create_task(_take(watcher, 1))
        await asyncio.sleep(0)
        broadcaster.close("m")

        with pytest.raises(StopAsyncIteration):
            await anext(watcher)
        with pytest.raises((StopAsyncIteration, RuntimeError)):
            await waiting
