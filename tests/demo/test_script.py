"""The script of a meeting as it was read."""

import json
from pathlib import Path
from typing import Any

import pytest

from meeting_service.demo.script import Script
from meeting_service.errors import CannotStart


def script_values() -> dict[str, Any]:
    """Two participants, one of whom drops and comes back."""
    return {
        "title": "Weekly",
        "participants": [
            {"id": "ann", "name": "Ann", "voice": "a"},
            {"id": "ben", "name": "Ben", "voice": "b"},
        ],
        "streams": [
            {"participant": "ann", "file": "ann-2.flac", "starts_ms": 9000, "rate": 16000},
            {"participant": "ann", "file": "ann-1.flac", "starts_ms": 0, "rate": 16000},
            {"participant": "ben", "file": "ben.flac", "starts_ms": 2000, "rate": 48000},
        ],
        "sentences": [
            {"participant": "ann", "start_ms": 9500, "end_ms": 11000, "text": "I am back."},
            {"participant": "ann", "start_ms": 500, "end_ms": 2500, "text": "Good morning."},
            {"participant": "ben", "start_ms": 2200, "end_ms": 3000, "text": "Hello."},
        ],
    }


def write_script(folder: Path, values: dict[str, Any]) -> Path:
    """Write `script.json` and return its folder."""
    (folder / "script.json").write_text(json.dumps(values))
    return folder


def test_text_and_recordings_are_in_spoken_order(tmp_path: Path) -> None:
    """Whatever order the file has, each participant's text and recordings come in the order of time."""
    script = Script.load(write_script(tmp_path, script_values()))

    assert script.said_by() == {"ann": "Good morning. I am back.", "ben": "Hello."}
    assert [r.file for r in script.runs()["ann"]] == ["ann-1.flac", "ann-2.flac"]
    assert script.duration_ms == 11_000


@pytest.mark.parametrize("content", ["", "{}", '{"title": "x"}'])
def test_what_is_no_script_is_refused(tmp_path: Path, content: str) -> None:
    """A broken script is an error that names the file."""
    (tmp_path / "script.json").write_text(content)

    with pytest.raises(CannotStart, match=r"script\.json cannot be read"):
        Script.load(tmp_path)


def test_a_missing_script_is_refused(tmp_path: Path) -> None:
    """A folder without a script is an error that names the file."""
    with pytest.raises(CannotStart, match=r"script\.json cannot be read"):
        Script.load(tmp_path)
