"""Turns and gaps in the order they are read."""

from meeting_service.exports.marks import NOT_TRANSCRIBED
from meeting_service.exports.turns import MAX_TURN_MS, Turn, list_turns, turn_text
from meeting_service.transcript import Transcript, TranscriptGap
from tests.exports.meetings import LOST, make_transcript

NAMES = {"ann": "Ann", "bob": "Bob"}


def told(transcript: Transcript) -> list[str]:
    """Speakers with the number of their sentences, and gaps."""
    return [
        f"{item.participant_id} {len(item.items)}" if isinstance(item, Turn) else f"gap {item.start_ms}"
        for item in list_turns(transcript)
    ]


def test_sentences_of_one_speaker_are_a_turn() -> None:
    """Until somebody else speaks, or two minutes have gone."""
    starts = [0, 5_000, MAX_TURN_MS - 1, MAX_TURN_MS]
    said = [("ann", start, "Yes.") for start in starts] + [("bob", MAX_TURN_MS + 9_000, "No.")]

    assert ["ann 3", "ann 1", "bob 1"] == told(make_transcript(said, NAMES))


def test_gaps_stand_where_they_were() -> None:
    """Before, between and after what was said; one within a monologue parts it."""
    said = [("ann", 1_000, "One."), ("ann", 5_000, "Two.")]
    gaps = [TranscriptGap("bob", start, start + 10) for start in (9_000, 3_000, 0)]

    assert ["gap 0", "ann 1", "gap 3000", "ann 1", "gap 9000"] == told(
        make_transcript(said, NAMES, gaps=gaps)
    )


def test_speech_without_text_is_part_of_the_turn() -> None:
    """In its place among the sentences; a turn of it alone is one too."""
    turns = list(list_turns(LOST))

    assert ["ann 3", "bob 1", "cid 1", "bob 1"] == told(LOST)
    assert ["The first point is settled. [not transcribed] So much for that.", NOT_TRANSCRIBED] == [
        turn_text(turn) for turn in (turns[0], turns[2]) if isinstance(turn, Turn)
    ]


def test_empty_meeting_has_no_turns() -> None:
    """Nothing said is nothing to list."""
    assert [] == told(make_transcript([], {}))
