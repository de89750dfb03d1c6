"""Streams and checkpoints as the store keeps them."""

import pytest

from meeting_service.errors import InvalidRequest, NotFound
from meeting_service.events import ParticipantChanged, StoredEvent
from meeting_service.meeting import Checkpoint, Meeting, Stream
from meeting_service.storage import Store
from tests.storage.conftest import read_checkpoint


def present(event: StoredEvent | None) -> bool:
    """Whether the event says that the participant is there."""
    assert event is not None
    assert isinstance(event.event, ParticipantChanged)
    return event.event.participant.present


async def test_open_stream_makes_present(store: Store, meeting: Meeting) -> None:
    """A stream starts with nothing pending, and its participant is told to be there."""
    await store.put_participant(meeting.id, "ann", None)

    stream, event = await store.open_stream(meeting.id, "ann", 44_100, -20)

    assert Stream(stream.id, meeting.id, "ann", 44_100, -20) == stream
    assert present(event)
    assert Checkpoint(stream.id) == await read_checkpoint(store, stream)
    assert [stream] == await store.list_streams(meeting.id)


async def test_stream_needs_its_participant(store: Store, meeting: Meeting) -> None:
    """There is no stream of somebody unknown."""
    with pytest.raises(NotFound):
        await store.open_stream(meeting.id, "nobody", 16_000, 0)


async def test_leaving_is_told_when_the_last_stream_ends(store: Store, stream: Stream) -> None:
    """Of two open streams the first to end tells nothing, and ending twice tells nothing either."""
    second, _ = await store.open_stream(stream.meeting_id, "ann", 16_000, 0)

    assert await store.end_stream(stream.id) is None
    assert not present(await store.end_stream(second.id))
    assert await store.end_stream(second.id) is None
    assert [s.ended for s in await store.list_streams(stream.meeting_id)] == [True, True]


async def test_unfinished_streams_are_listed_with_their_checkpoints(store: Store, stream: Stream) -> None:
    """Ended but not finished is still to do; finished is not."""
    second, _ = await store.open_stream(stream.meeting_id, "ann", 16_000, 0)
    done = Checkpoint(second.id, 16_000, 8_000, 8_000)
    await store.commit_final(second, [], done, 16_000)
    await store.end_stream(second.id)

    assert [stream.id, second.id] == [s.id for s, _ in await store.list_unfinished_streams()]
    await store.finish_stream(stream.id)
    [(left, checkpoint)] = await store.list_unfinished_streams()

    assert (second.id, True, False) == (left.id, left.ended, left.finished)
    assert done == checkpoint


async def test_unknown_stream(store: Store) -> None:
    """What is about a stream that is not there says so."""
    for act in (store.end_stream(7), store.finish_stream(7)):
        with pytest.raises(NotFound):
            await act
    with pytest.raises(InvalidRequest):
        await store.end_stream(2**70)


async def test_ids_are_never_used_again(store: Store, stream: Stream) -> None:
    """Audio is addressed by stream id, so the id of a deleted stream stays used."""
    from meeting_service.meeting import NewMeeting

    await store.delete_meeting(stream.meeting_id)
    await store.create_meeting(NewMeeting(id="m"))
    await store.put_participant("m", "ann", None)

    fresh, _ = await store.open_stream("m", "ann", 16_000, 0)

    assert fresh.id > stream.id


async def test_checkpoint_never_goes_back(store: Store, stream: Stream) -> None:
    """A late report of an earlier state changes nothing."""
    ahead = Checkpoint(stream.id, 32_000, 20_000, 20_000)
    await store.commit_final(stream, [], ahead, 96_000)

    await store.commit_final(stream, [], Checkpoint(stream.id, 16_000, 9_000, 9_000), 48_000)

    assert ahead == await read_checkpoint(store, stream)
    [ann] = await store.list_participants(stream.meeting_id)
    assert ann.received_ms == 2_000
