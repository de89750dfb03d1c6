"""SRT: correct whatever is said, complete, and one caption at a time."""

from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meeting_service.exports import ExportOptions
from meeting_service.exports.check import CheckedCue, check_srt, measure
from meeting_service.exports.plain import clean
from meeting_service.exports.srt import carry_word, write_srt
from meeting_service.meeting import Participant
from meeting_service.transcript import Transcript
from tests.exports.meetings import LONG_NAMES, MEETINGS, OVERLAPS, PLAIN, UNICODE
from tests.exports.test_vtt import letters
from tests.exports.transcripts import IDS, plain_texts, transcripts

_options = st.builds(
    ExportOptions,
    names=st.booleans(),
    line_chars=st.none() | st.integers(20, 60),
    keep_overlaps=st.booleans(),
)


def lines_by_speaker(cues: list[CheckedCue], names: list[str]) -> list[tuple[str, str]]:
    """Who says which lines, by the names in front; a line without one goes on."""
    found: list[tuple[str, str]] = []
    speaker = ""
    for line in (line.removeprefix("- ") for cue in cues for line in cue.lines):
        speaker = next((name for name in names if line.startswith(f"{name}: ")), speaker)
        found.append((speaker, line.removeprefix(f"{speaker}: ")))
    return found


@pytest.mark.parametrize("meeting", MEETINGS)
def test_hard_meetings_are_correct(meeting: str) -> None:
    """The strict checker has nothing to say."""
    assert [] == check_srt(write_srt(MEETINGS[meeting])).violations


@given(transcripts(), _options)
def test_any_meeting_is_correct(transcript: Transcript, options: ExportOptions) -> None:
    """For any text, names and options: no violation, and only with the option do captions overlap."""
    written = write_srt(transcript, options)

    assert [] == check_srt(written, may_overlap=options.keep_overlaps).violations


@given(transcripts())
def test_no_letter_is_lost(transcript: Transcript) -> None:
    """Without names, what is left of every caption is what was said, each letter as often."""
    cues = check_srt(write_srt(transcript, ExportOptions(names=False))).cues

    shown = "".join(line.removeprefix("- ") if len(c.lines) == 2 else line for c in cues for line in c.lines)
    said = "".join(letters(carry_word(clean(s.text))) for s in transcript.sentences)
    assert sorted(said.replace("-", "")) == sorted(letters(shown).replace("-", ""))


@given(transcripts(plain_texts))
def test_reading_gives_back_what_was_said(transcript: Transcript) -> None:
    """Speakers, their words, all of them, in order."""
    people = [Participant("m1", i, name) for i, name in zip(IDS, ("Ann", "Bob", "Cid"), strict=True)]
    transcript = Transcript(transcript.meeting, people, transcript.sentences)

    cues = check_srt(write_srt(transcript)).cues

    spoken = lines_by_speaker(cues, [person.name for person in people])
    for person in people:
        said = "".join(letters(s.text) for s in transcript.sentences if s.participant_id == person.id)
        assert said == "".join(letters(text) for name, text in spoken if name == person.name)


@given(transcripts(plain_texts))
def test_captions_can_be_read(transcript: Transcript) -> None:
    """Two lines of 42 characters, five sixths of a second and seven seconds are always kept."""
    cues = check_srt(write_srt(transcript)).cues

    figures = measure(cues)
    assert figures.short_enough == 1
    assert all(len(line) <= 42 for cue in cues for line in cue.lines if line.isascii())
    assert figures.long_enough == 1


def test_two_at_once_share_a_caption() -> None:
    """People who start together are shown together, a line each; nobody's caption is twice."""
    cues = check_srt(write_srt(OVERLAPS)).cues

    assert ["- Ann: Sorry.", "- Bob: Sorry."] in [list(cue.lines) for cue in cues]
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(cues))


def test_overlaps_can_be_kept() -> None:
    """With the option every caption has the time of its speech."""
    cues = check_srt(write_srt(OVERLAPS, ExportOptions(keep_overlaps=True)), may_overlap=True).cues

    assert [1_000, 1_400, 1_500] == [cue.start_ms for cue in cues][:3]


def test_name_stands_once_a_turn() -> None:
    """The first caption of a turn names the speaker; a long name is shortened."""
    assert write_srt(PLAIN).count("Ann: ") == 2
    assert "\nChristopher von der…: " in write_srt(LONG_NAMES)


@pytest.mark.parametrize("transcript", [PLAIN, OVERLAPS, UNICODE])
def test_ffmpeg_reads_the_same(transcript: Transcript, tmp_path: Path) -> None:
    """What most players are built on finds the same captions at the same times."""
    written = write_srt(transcript)
    (tmp_path / "x.srt").write_bytes(written.encode())

    with av.open(tmp_path / "x.srt") as container:
        packets = [p for p in container.demux() if p.size]
        read = [(int(p.pts), int(p.pts + p.duration), bytes(p).decode()) for p in packets]

    expected = [(c.start_ms, c.end_ms, "\n".join(c.lines)) for c in check_srt(written).cues]
    assert expected == [(start, end, text.replace("\r\n", "\n")) for start, end, text in read]
