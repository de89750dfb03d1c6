"""All formats: golden files, live meetings, and what every one of them keeps."""

import json
import re
from dataclasses import replace

import pytest

from meeting_service.errors import InvalidRequest
from meeting_service.exports import ExportOptions, Purpose, formats, make_download
from meeting_service.exports.options import DEFAULT_OPTIONS
from meeting_service.transcript import Transcript
from tests.exports.meetings import (
    GOLDEN_FORMATS,
    LIVE,
    LOST,
    MEETINGS,
    PLAIN,
    SPOKEN_FORMATS,
    golden_file,
)
from tests.exports.test_docx import read_text

PROGRAMS = ("whisper", "podcast", "seglst", "stm", "ctm", "rttm")
SILENT = ("rttm",)
"""formats without what was said"""
WORDS_APART = ("ctm", "rttm")


def text_of(name: str, transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """What a file says."""
    content = make_download(transcript, name, options).content
    return read_text(content) if name == "docx" else content.decode()


@pytest.mark.parametrize("name", GOLDEN_FORMATS)
@pytest.mark.parametrize("meeting", MEETINGS)
def test_golden_file(meeting: str, name: str) -> None:
    """The hard meetings are written as they were when somebody looked."""
    written = make_download(MEETINGS[meeting], name).content

    assert golden_file(meeting, name).read_bytes() == written


@pytest.mark.parametrize("name", formats)
def test_format_describes_itself(name: str) -> None:
    """The name is in the extension, and the type says how text is encoded where it must."""
    form = formats[name]

    assert form.extension in (name, f"{name}.json")
    assert form.media_type.startswith("application/") or "; charset=utf-8" in form.media_type
    assert form.title


@pytest.mark.parametrize("name", SPOKEN_FORMATS)
def test_live_meeting_can_be_taken_away(name: str) -> None:
    """What is final so far is there, with who said it."""
    written = text_of(name, LIVE)

    assert name in WORDS_APART or "We are still talking." in written
    assert "Ann" in written


@pytest.mark.parametrize("name", SPOKEN_FORMATS)
def test_speech_without_text_is_marked(name: str) -> None:
    """Where people read; tools that score words are given none that nobody said."""
    written = text_of(name, LOST)

    expected = 0 if formats[name].purpose is Purpose.SCORING or name == "json" else 3
    expected += 3 if name == "whisper" else 0  # which has all text in one piece too
    assert expected == len(re.findall(r"\[not\s+transcribed\]", written.replace("\\", "")))
    assert ('"not_transcribed": [' in written) == (name == "json")


@pytest.mark.parametrize("name", formats)
def test_speech_without_text_is_selected_as_text_is(name: str) -> None:
    """Of one participant, and of a span of time."""
    written = text_of(name, LOST, ExportOptions(participant="bob", to_ms=20_000))

    assert not re.search(r"\[not\s+transcribed\]|start_ms\": 30000", written)


@pytest.mark.parametrize("name", [name for name in SPOKEN_FORMATS if name != "json"])
def test_names_can_be_left_out(name: str) -> None:
    """Without names nobody is named, not even where their audio is missing; programs get numbers."""
    written = text_of(name, PLAIN, ExportOptions(names=False))

    assert "Ann" not in written
    assert "Bob" not in written
    assert name in SILENT or "Good" in written
    assert name not in PROGRAMS or "speaker" in written


@pytest.mark.parametrize("line_chars", [-1, 0, 19, 1_001])
def test_line_length_has_limits(line_chars: int) -> None:
    """A line too short for a word, or endless, is the caller's error."""
    with pytest.raises(InvalidRequest):
        ExportOptions(line_chars=line_chars)


@pytest.mark.parametrize("name", formats)
def test_writing_changes_nothing(name: str) -> None:
    """Writers are pure: the same transcript gives the same bytes, and JSON is JSON."""
    written = make_download(PLAIN, name)

    assert written == make_download(replace(PLAIN), name)
    if written.media_type == "application/json":
        json.loads(written.content)
