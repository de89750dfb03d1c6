"""WebVTT: correct whatever is said, and complete."""

from itertools import pairwise

import pytest
from hypothesis import given

from meeting_service.exports import ExportOptions
from meeting_service.exports.check import check_vtt, measure
from meeting_service.exports.plain import clean, speaker_name
from meeting_service.exports.vtt import write_vtt
from meeting_service.transcript import Transcript
from tests.exports.meetings import HOURS, MEETINGS, OVERLAPS, PLAIN, make_transcript
from tests.exports.transcripts import IDS, plain_texts, transcripts


def letters(text: str) -> str:
    """Text without any space, which captions may place anew."""
    return "".join(text.split())


@pytest.mark.parametrize("meeting", MEETINGS)
def test_hard_meetings_are_correct(meeting: str) -> None:
    """The strict checker has nothing to say."""
    assert [] == check_vtt(write_vtt(MEETINGS[meeting])).violations


@given(transcripts())
def test_reading_gives_back_what_was_said(transcript: Transcript) -> None:
    """For any text and names: no violation, and each speaker's words, all of them, in order."""
    report = check_vtt(write_vtt(transcript))

    assert [] == report.violations
    for i in IDS:
        name = letters(speaker_name(transcript, i))
        voices = [v for cue in report.cues for v in cue.voices if letters(v.speaker or "") == name]
        said = [clean(s.text) for s in transcript.sentences if s.participant_id == i]
        assert letters("".join(said)) == letters("".join(v.text for v in voices))


@given(transcripts())
def test_without_names_nobody_speaks(transcript: Transcript) -> None:
    """The option leaves text alone and takes every voice away."""
    report = check_vtt(write_vtt(transcript, ExportOptions(names=False)))

    assert [] == report.violations
    assert all(voice.speaker is None for cue in report.cues for voice in cue.voices)


@given(transcripts(plain_texts))
def test_captions_can_be_read(transcript: Transcript) -> None:
    """Two lines of 42 characters and seven seconds are never exceeded."""
    figures = measure(check_vtt(write_vtt(transcript)).cues)

    assert figures.fitting == figures.short_enough == 1


def test_people_at_once_are_shown_at_once() -> None:
    """Captions of overlapping speech overlap."""
    cues = check_vtt(write_vtt(OVERLAPS)).cues

    assert any(a.end_ms > b.start_ms for a, b in pairwise(cues))


def test_times_are_those_of_the_words() -> None:
    """A caption begins with its first word; hours grow beyond two digits."""
    assert [1_200, 5_400] == [cue.start_ms for cue in check_vtt(write_vtt(PLAIN)).cues[:2]]
    assert check_vtt(write_vtt(HOURS)).cues[-1].start_ms == 100 * 3_600_000 + 5_000
    assert "100:00:05.000 --> " in write_vtt(HOURS)


def test_name_that_ends_with_dashes() -> None:
    """Dashes and the tag's end are no arrow, and the name is read as it is."""
    transcript = make_transcript([("a", 0, "Hello.")], {"a": "Ann --"})

    report = check_vtt(write_vtt(transcript))

    assert [] == report.violations
    assert report.cues[0].voices[0].speaker == "Ann --"
