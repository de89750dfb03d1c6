"""Speech without text as the store keeps it."""

from meeting_service.events import SpeechGivenUp
from meeting_service.meeting import Checkpoint, MeetingState, Stream
from meeting_service.recognition import Unrecognised
from meeting_service.storage import Store
from meeting_service.transcript import Untranscribed
from tests.storage.conftest import checkpoint_at, make_sentence, read_checkpoint


async def test_stretch_is_kept_and_told(store: Store, stream: Stream) -> None:
    """With the text beside it, after it in the events, in the meeting's own time."""
    lost = Unrecognised(32_000, 48_007)

    events = await store.commit_final(stream, [make_sentence(1)], checkpoint_at(stream, 3), 0, [lost])
    transcript = await store.get_transcript(stream.meeting_id)

    shown = Untranscribed("ann", 2_250, 3_250)
    assert [shown] == transcript.not_transcribed
    assert [SpeechGivenUp(shown)] == [event.event for event in events[1:]]
    assert events == await store.list_events(stream.meeting_id, events[0].seq - 1)


async def test_kept_twice_is_kept_once(store: Store, stream: Stream) -> None:
    """The same speech given up again, as after a crash before the answer, is not told again."""
    lost = Unrecognised(32_000, 48_000)
    await store.commit_final(stream, [], checkpoint_at(stream, 1), 0, [lost])

    assert [] == await store.commit_final(stream, [], checkpoint_at(stream, 3), 0, [lost])
    assert 1 == len((await store.get_transcript(stream.meeting_id)).not_transcribed)


async def test_what_touches_is_shown_as_one(store: Store, stream: Stream) -> None:
    """Windows of one utterance are one stretch to people; another person's is another's."""
    await store.put_participant(stream.meeting_id, "bob", None)
    bobs, _ = await store.open_stream(stream.meeting_id, "bob", 16_000, 250)
    lost = [Unrecognised(n * 16_000, (n + 1) * 16_000) for n in (0, 1, 3)]

    for of in (bobs, stream):
        await store.commit_final(of, [], checkpoint_at(of, 4), 0, lost)

    assert [("ann", 250, 2_250), ("bob", 250, 2_250), ("ann", 3_250, 4_250), ("bob", 3_250, 4_250)] == [
        (s.participant_id, s.start_ms, s.end_ms)
        for s in (await store.get_transcript(stream.meeting_id)).not_transcribed
    ]


async def test_verdict_outlives_the_utterance_s_end(store: Store, stream: Stream) -> None:
    """Speech given up within an utterance stays so where recognition begins again at that utterance."""
    lost = [Unrecognised(16_000, 32_000), Unrecognised(48_000, 64_000)]
    await store.commit_final(stream, [], Checkpoint(stream.id), 0, lost)
    await store.commit_final(stream, [], checkpoint_at(stream, 2), 0)

    assert (48_000,) == (await read_checkpoint(store, stream)).given_up


async def test_later_revision_has_its_own(store: Store, stream: Stream) -> None:
    """Another reading may know the words; it is shown when it is done, and goes with its revision."""
    await store.commit_final(stream, [], checkpoint_at(stream, 1), 0, [Unrecognised(0, 16_000)])
    await store.set_meeting_state(stream.meeting_id, MeetingState.ENDED)
    await store.create_revision(stream.meeting_id, "demo", (), 5)

    lost = [Unrecognised(32_000, 48_000)]
    await store.commit_revised(stream, 2, [], checkpoint_at(stream, 3), lost)
    await store.finish_revision(stream.meeting_id, 2)
    current = await store.get_transcript(stream.meeting_id)
    first = await store.get_transcript(stream.meeting_id, 1)
    await store.delete_revision(stream.meeting_id, 2)

    assert [2_250] == [s.start_ms for s in current.not_transcribed]
    assert [250] == [s.start_ms for s in first.not_transcribed]
    assert first.not_transcribed == (await store.get_transcript(stream.meeting_id)).not_transcribed


async def test_goes_with_its_stream(store: Store, stream: Stream) -> None:
    """A deleted stream leaves nothing."""
    await store.commit_final(stream, [], checkpoint_at(stream, 1), 0, [Unrecognised(0, 16_000)])

    await store.delete_stream(stream.id)

    assert [] == (await store.get_transcript(stream.meeting_id)).not_transcribed
