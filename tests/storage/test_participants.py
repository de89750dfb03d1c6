"""Participants as the store keeps them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from meeting_service.events import ParticipantChanged, StoredEvent
from meeting_service.meeting import Checkpoint, Meeting, Participant, Stream
from meeting_service.storage import Store


async def test_first_mention_creates(store: Store, meeting: Meeting) -> None:
    """Someone new is told about; without a name the id serves."""
    ann, event, created = await store.put_participant(meeting.id, "ann", None)

    assert Participant(meeting.id, "ann", "ann", told_name="ann") == ann
    assert StoredEvent(meeting.id, 2, ParticipantChanged(Participant(meeting.id, "ann", "ann"))) == event
    assert created


async def test_another_name_renames(store: Store, meeting: Meeting) -> None:
    """A new name is told; the same name, or none, changes nothing and tells nothing."""
    await store.put_participant(meeting.id, "ann", "Ann")

    renamed, event, created = await store.put_participant(meeting.id, "ann", "Anna")
    same, nothing, _ = await store.put_participant(meeting.id, "ann", "Anna")
    kept, nothing_either, _ = await store.put_participant(meeting.id, "ann", None)

    assert not created
    assert event == StoredEvent(meeting.id, 3, ParticipantChanged(Participant(meeting.id, "ann", "Anna")))
    assert [renamed.name, same.name, kept.name] == ["Anna"] * 3
    assert nothing is nothing_either is None
    assert await store.last_seq(meeting.id) == 3


async def test_listed_in_the_order_they_came(store: Store, meeting: Meeting) -> None:
    """Neither names nor ids order them."""
    for participant_id in ("zoe", "ann", "mia"):
        await store.put_participant(meeting.id, participant_id, None)

    assert [p.id for p in await store.list_participants(meeting.id)] == ["zoe", "ann", "mia"]


async def test_same_id_in_two_meetings_is_two_participants(store: Store, meeting: Meeting) -> None:
    """An id belongs to its meeting."""
    from meeting_service.meeting import NewMeeting

    await store.create_meeting(NewMeeting(id="n"))
    await store.put_participant(meeting.id, "ann", "Ann")

    await store.put_participant("n", "ann", "Other Ann")

    assert [p.name for p in await store.list_participants(meeting.id)] == ["Ann"]


async def test_a_circle_that_is_stored_is_one_person(path: Path, store: Store, meeting: Meeting) -> None:
    """Whoever is asked for, and they can be parted; others are as they were."""
    for participant_id in ("ann", "bob", "cid", "dan"):
        await store.put_participant(meeting.id, participant_id, None)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE participants SET merged_into = iif(id = 'ann', 'bob', 'ann') WHERE id <> 'dan'")

    assert [("ann", ("bob", "cid")), ("dan", ())] == [
        (one.id, one.aliases) for one in await store.list_participants(meeting.id)
    ]
    assert ["bob", "ann", "cid"] == await store.edits.list_ids(meeting.id, "bob")
    await store.edits.part_participant(meeting.id, "ann", None)
    assert ["ann", "dan"] == [one.id for one in await store.list_participants(meeting.id)]


async def test_figures_add_up_over_streams(store: Store, stream: Stream) -> None:
    """Received counts at each stream's own rate, speech and text at 16 kHz; none is overstated."""
    second, _ = await store.open_stream(stream.meeting_id, "ann", 8_000, 9_000)
    await store.put_participant(stream.meeting_id, "bob", None)
    await store.commit_final(stream, [], Checkpoint(stream.id, 32_000, 16_015, 8_000), 48_047)
    await store.commit_final(second, [], Checkpoint(second.id, 16_000, 1_600, 1_600), 8_000)

    ann, bob = await store.list_participants(stream.meeting_id)

    assert (ann.received_ms, ann.speech_ms, ann.transcribed_ms) == (2_000, 1_100, 600)
    assert 500 == ann.not_transcribed_ms
    assert (10_000, 0) == (ann.until_ms, bob.until_ms)
    assert (bob.received_ms, bob.speech_ms, bob.transcribed_ms, bob.present) == (0, 0, 0, False)
