"""Final text as the store keeps it."""

import random
from dataclasses import replace

import pytest

from meeting_service.errors import InvalidRequest, NotFound
from meeting_service.events import GapRecorded, SentenceFinalized
from meeting_service.meeting import Checkpoint, NewMeeting, Stream
from meeting_service.storage import Store
from meeting_service.transcript import Sentence, TranscriptGap, Word
from tests.storage.conftest import checkpoint_at, make_sentence, read_checkpoint


async def test_sentences_come_back_as_they_were(store: Store, stream: Stream) -> None:
    """Text and words of any script survive, numbered as their events."""
    words = (Word("«Żółć»", 0, 0, 1 / 3), Word("🦜\u200d", 5, 7, 0.0), Word("", 7, 7, 1.0))
    said = Sentence("1:0", "ann", 0, 7, "«Żółć» 🦜\u200d <b>&\r\n", 0.1 + 0.2, words)

    [event] = await store.commit_final(stream, [said], checkpoint_at(stream, 1), 48_000)
    transcript = await store.get_transcript(stream.meeting_id)

    kept = replace(said, seq=event.seq)
    assert SentenceFinalized(kept) == event.event
    assert [kept] == transcript.sentences


async def test_commit_twice_is_commit_once(store: Store, stream: Stream) -> None:
    """A sentence that is held stays as it is, without a second event; new ones beside it are kept."""
    first = make_sentence(1)
    [told] = await store.commit_final(stream, [first], checkpoint_at(stream, 1), 0)

    again = [replace(first, text="Something else."), make_sentence(2), make_sentence(2, "Twice in one call.")]
    [second] = await store.commit_final(stream, again, checkpoint_at(stream, 3), 0)

    assert second.seq == told.seq + 1
    transcript = await store.get_transcript(stream.meeting_id)
    assert [s.text for s in transcript.sentences] == ["We agree.", "We agree."]
    assert checkpoint_at(stream, 3) == await read_checkpoint(store, stream)


async def test_order_of_arrival_does_not_matter(store: Store, stream: Stream) -> None:
    """The transcript reads by start, then participant, however sentences came."""
    await store.put_participant(stream.meeting_id, "bob", None)
    bobs, _ = await store.open_stream(stream.meeting_id, "bob", 16_000, 0)
    said = [(stream, make_sentence(n)) for n in range(6)]
    said += [(bobs, replace(make_sentence(n, participant_id="bob"), id=f"b{n}")) for n in range(6)]
    random.Random(4).shuffle(said)

    for of, sentence in said:
        await store.commit_final(of, [sentence], checkpoint_at(of, 9), 0)
    transcript = await store.get_transcript(stream.meeting_id)

    expected = [(n * 1000, who) for n in range(6) for who in ("ann", "bob")]
    assert expected == [(s.start_ms, s.participant_id) for s in transcript.sentences]


async def test_same_sentence_id_in_two_meetings(store: Store, stream: Stream) -> None:
    """An id is known within its meeting; another meeting's text is not swallowed."""
    await store.create_meeting(NewMeeting(id="n"))
    await store.put_participant("n", "ann", None)
    other, _ = await store.open_stream("n", "ann", 16_000, 0)

    await store.commit_final(stream, [make_sentence(1)], checkpoint_at(stream, 1), 0)
    told = await store.commit_final(other, [make_sentence(1)], checkpoint_at(other, 1), 0)

    assert len(told) == 1


async def test_nothing_is_kept_for_a_stream_that_is_gone(store: Store, stream: Stream) -> None:
    """Text of a meeting deleted meanwhile is refused as a whole."""
    await store.delete_meeting(stream.meeting_id)

    with pytest.raises(NotFound):
        await store.commit_final(stream, [make_sentence(1)], checkpoint_at(stream, 1), 0)
    with pytest.raises(NotFound):
        await store.record_gap(stream, TranscriptGap("ann", 0, 1))


async def test_checkpoint_of_another_stream_is_refused(store: Store, stream: Stream) -> None:
    """Text never moves a checkpoint that is not its own."""
    with pytest.raises(InvalidRequest):
        await store.commit_final(stream, [make_sentence(1)], Checkpoint(stream.id + 1), 0)

    assert (await store.get_transcript(stream.meeting_id)).sentences == []


async def test_gap_is_told_once(store: Store, stream: Stream) -> None:
    """The same gap again gives the event of the first time; gaps come in order."""
    late, early = TranscriptGap("ann", 5_000, 8_200), TranscriptGap("ann", 100, 200)

    first = await store.record_gap(stream, late)
    await store.record_gap(stream, early)
    again = await store.record_gap(stream, late)

    assert first == again
    assert GapRecorded(late) == first.event
    transcript = await store.get_transcript(stream.meeting_id)
    assert [early, late] == transcript.gaps
    assert transcript.name_of("ann") == "Ann"
