"""Numbered events: in order, without holes, told again as they were told."""

import asyncio

from meeting_service.events import StoredEvent
from meeting_service.meeting import Meeting, MeetingState, Stream
from meeting_service.storage import Store
from meeting_service.transcript import TranscriptGap
from tests.storage.conftest import checkpoint_at, make_sentence


async def test_events_are_told_again_exactly(store: Store, meeting: Meeting) -> None:
    """Whatever a watcher was told live, it is told the same after a reconnect."""
    told: list[StoredEvent | None] = []
    _, joined, _ = await store.put_participant(meeting.id, "ann", "Änn")
    stream, opened = await store.open_stream(meeting.id, "ann", 48_000, 0)
    told += [joined, opened]
    told += await store.commit_final(
        stream, [make_sentence(1), make_sentence(0)], checkpoint_at(stream, 2), 96
    )
    told += [await store.record_gap(stream, TranscriptGap("ann", 2, 3)), await store.end_stream(stream.id)]
    told += [await store.rename_meeting(meeting.id, "X")]
    told += [await store.set_meeting_state(meeting.id, MeetingState.ENDED, meeting.started_at)]

    assert told == await store.list_events(meeting.id, 1)


async def test_later_changes_do_not_rewrite_what_was_told(store: Store, meeting: Meeting) -> None:
    """An old event keeps the name of its time."""
    _, first, _ = await store.put_participant(meeting.id, "ann", "Ann")

    await store.put_participant(meeting.id, "ann", "Anna")

    assert [first] == await store.list_events(meeting.id, 1, limit=1)


async def test_events_come_in_pieces(store: Store, stream: Stream) -> None:
    """`after` and `limit` walk through all of them, each once."""
    said = [make_sentence(n) for n in range(10)]
    await store.commit_final(stream, said, checkpoint_at(stream, 10), 0)

    seen: list[int] = []
    while piece := await store.list_events(stream.meeting_id, seen[-1] if seen else 0, limit=4):
        seen += [event.seq for event in piece]

    assert list(range(1, 14)) == seen
    assert await store.last_seq(stream.meeting_id) == 13


async def test_concurrent_writers_leave_no_holes(store: Store, meeting: Meeting) -> None:
    """Many at once, some of whose calls fail or repeat: numbers stay 1, 2, 3, … and nothing is lost."""
    streams = []
    for n in range(8):
        await store.put_participant(meeting.id, f"p{n}", None)
        streams.append((await store.open_stream(meeting.id, f"p{n}", 16_000, 0))[0])

    async def speak(of: Stream) -> None:
        for n in range(5):
            said = make_sentence(of.id * 100 + n, participant_id=of.participant_id)
            await store.commit_final(of, [said], checkpoint_at(of, n), n)
            await store.commit_final(of, [said], checkpoint_at(of, n), n)

    broken = store.open_stream(meeting.id, "nobody", 16_000, 0)
    results = await asyncio.gather(broken, *map(speak, streams), return_exceptions=True)

    assert [r is None for r in results] == [False] + [True] * 8
    seqs = [e.seq for e in await store.list_events(meeting.id, 0)]
    assert list(range(1, 1 + 1 + 16 + 40)) == seqs
    assert len((await store.get_transcript(meeting.id)).sentences) == 40
