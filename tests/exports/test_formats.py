"""All formats: golden files, live meetings, and what every one of them keeps."""

import json
from dataclasses import replace

import pytest

from meeting_service.errors import InvalidRequest
from meeting_service.exports import ExportOptions, formats
from tests.exports.meetings import LIVE, MEETINGS, PLAIN, golden_file


@pytest.mark.parametrize("name", formats)
@pytest.mark.parametrize("meeting", MEETINGS)
def test_golden_file(meeting: str, name: str) -> None:
    """The hard meetings are written as they were when somebody looked."""
    written = formats[name].write(MEETINGS[meeting], ExportOptions())

    assert golden_file(meeting, name).read_bytes().decode() == written


@pytest.mark.parametrize("name", formats)
def test_format_describes_itself(name: str) -> None:
    """The name is the extension, and the type says how text is encoded where it must."""
    form = formats[name]

    assert form.extension == name
    assert form.media_type == "application/json" or form.media_type.endswith("; charset=utf-8")


@pytest.mark.parametrize("name", formats)
def test_live_meeting_can_be_taken_away(name: str) -> None:
    """What is final so far is there, with who said it."""
    written = formats[name].write(LIVE, ExportOptions())

    assert "We are still talking." in written
    assert "Ann" in written


@pytest.mark.parametrize("name", ["srt", "vtt", "txt"])
def test_names_can_be_left_out(name: str) -> None:
    """Without names nobody is named, not even where their audio is missing."""
    written = formats[name].write(PLAIN, ExportOptions(names=False))

    assert "Ann" not in written
    assert "Bob" not in written
    assert "Good morning" in written


@pytest.mark.parametrize("line_chars", [-1, 0, 19, 1_001])
def test_line_length_has_limits(line_chars: int) -> None:
    """A line too short for a word, or endless, is the caller's error."""
    with pytest.raises(InvalidRequest):
        ExportOptions(line_chars=line_chars)


def test_writing_changes_nothing() -> None:
    """Writers are pure: the same transcript gives the same text, and JSON is JSON."""
    for form in formats.values():
        assert form.write(PLAIN, ExportOptions()) == form.write(replace(PLAIN), ExportOptions())
    json.loads(formats["json"].write(PLAIN, ExportOptions()))
