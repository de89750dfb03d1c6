"""The presets' rules, counted on captions that were read back by the strict checker."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings

from meeting_service.exports import ExportOptions, Preset, make_download
from meeting_service.exports.check import CheckedCue, Readability, check_srt, check_vtt, measure
from meeting_service.exports.rules import PRESETS
from meeting_service.transcript import Transcript
from tests.exports.meetings import OVERLAPS, PLAIN
from tests.exports.transcripts import plain_texts, transcripts


def read(transcript: Transcript, name: str, preset: Preset) -> Sequence[CheckedCue]:
    """The cues of a file without a fault."""
    text = make_download(transcript, name, ExportOptions(preset=preset)).content.decode()
    report = check_vtt(text) if name == "vtt" else check_srt(text, may_overlap=preset is Preset.RAW)

    assert [] == report.violations
    return report.cues


def count(cues: Sequence[CheckedCue], preset: Preset) -> Readability:
    """The figures by the preset's own rules."""
    rules = PRESETS[preset]
    return measure(
        cues, rules.line_chars, min_ms=rules.min_ms, max_ms=rules.max_ms, chars_per_s=rules.chars_per_s
    )


@pytest.mark.parametrize("name", ["srt", "vtt"])
@pytest.mark.parametrize("preset", Preset)
@settings(deadline=None, max_examples=25)
@given(transcript=transcripts())
def test_captions_are_right_whatever_the_rules(transcript: Transcript, preset: Preset, name: str) -> None:
    """For any text and any names."""
    read(transcript, name, preset)


@pytest.mark.parametrize("name", ["srt", "vtt"])
@pytest.mark.parametrize("preset", [Preset.NETFLIX, Preset.BBC, Preset.PODCAST])
@settings(deadline=None, max_examples=25)
@given(transcript=transcripts(plain_texts))
def test_rules_are_kept(transcript: Transcript, preset: Preset, name: str) -> None:
    """All captions fit their lines and are shown for no longer than they may; in SRT all are seen."""
    figures = count(read(transcript, name, preset), preset)

    assert figures.short_enough == 1
    assert name == "srt" or figures.fitting == 1
    assert name == "vtt" or figures.long_enough == 1


def test_a_common_meeting_keeps_them_all() -> None:
    """The whole of each preset; only reading speed is also up to who speaks fast."""
    figures = {preset: count(read(PLAIN, "srt", preset), preset) for preset in Preset}

    assert {Readability(1, 1, 1, 1)} == {replace(figure, unhurried=1) for figure in figures.values()}
    assert figures[Preset.NETFLIX].unhurried == figures[Preset.RAW].unhurried == 1
    assert min(figure.unhurried for figure in figures.values()) >= 0.5


def test_raw_is_a_caption_for_each_sentence() -> None:
    """On one line, with the times as they were spoken, at the same time where people were."""
    for name in ("srt", "vtt"):
        cues = read(OVERLAPS, name, Preset.RAW)

        assert [(s.start_ms, s.end_ms) for s in OVERLAPS.sentences] == [(c.start_ms, c.end_ms) for c in cues]
        assert all(len(cue.lines) == 1 for cue in cues)
        assert any(a.end_ms > b.start_ms for a, b in pairwise(cues))


def test_lines_that_are_asked_for_go_before_the_presets() -> None:
    """The other rules stay."""
    assert 25 == ExportOptions(preset=Preset.BBC, line_chars=25).rules.line_chars
    assert 15 == ExportOptions(preset=Preset.BBC, line_chars=25).rules.chars_per_s
