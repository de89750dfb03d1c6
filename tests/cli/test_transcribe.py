"""Transcribing files on the command line, with the bundled model."""

import json
from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import Container
from meeting_service.demo import MEETING_FOLDER
from meeting_service.demo.player import read_sounds
from meeting_service.demo.script import Script
from meeting_service.scoring import count_word_errors
from tests.cli.conftest import Invoke
from tests.ingest.files import encode
from tests.offline.voices import write_wav

MODEL = ("--model", "demo")
SCRIPT = Script.load(MEETING_FOLDER)
CARLA = MEETING_FOLDER / "carla.ogg"


def test_real_speech_is_transcribed(invoke: Invoke) -> None:
    """A participant's recording gives most of what was read, and standard output holds nothing else."""
    ended = invoke("transcribe", CARLA, *MODEL, "--format", "json", "--name", "Carla")
    transcript = json.loads(ended.out)
    text = " ".join(sentence["text"] for sentence in transcript["sentences"])

    assert ended.code == 0
    assert count_word_errors(SCRIPT.said_by()["carla"], text).rate < 0.15
    assert [p["name"] for p in transcript["participants"]] == ["Carla"]
    assert transcript["meeting"]["state"] == "ended"
    assert transcript["meeting"]["model"] == "demo"
    assert "transcribing: 100 %" in ended.err


def test_channels_are_participants(invoke: Invoke, tmp_path: Path) -> None:
    """With --channels every channel has a name of its own, and a file can be written instead."""
    path = write_wav(tmp_path / "call.wav", np.zeros((16_000, 2), np.int16), 16_000)
    ended = invoke(
        "transcribe", path, *MODEL, "--channels", "--name", "Agent", "-f", "json", "-o", "out.json"
    )
    written = json.loads((tmp_path / "out.json").read_text())

    assert (ended.code, ended.out) == (0, "")
    assert [p["name"] for p in written["participants"]] == ["Agent", "call 2"]


def test_every_file_that_cannot_be_read_is_told(invoke: Invoke, tmp_path: Path) -> None:
    """Each unreadable file is a line of its own, and nothing is transcribed."""
    (tmp_path / "diary.txt").write_text("Dear diary")
    ended = invoke("transcribe", CARLA, tmp_path / "diary.txt", tmp_path / "none.wav", *MODEL)

    assert (ended.code, ended.out) == (1, "")
    first, second = ended.err.splitlines()
    assert "diary.txt is not audio that can be read here: it looks like text" in first
    assert "none.wav cannot be read: No such file" in second


def test_a_file_that_breaks_off_keeps_what_it_had(invoke: Invoke, tmp_path: Path) -> None:
    """A damaged rest is told, what came before is transcribed, and the command has failed."""
    sound = read_sounds(SCRIPT, MEETING_FOLDER)["carla.ogg"]
    whole = encode(Container.FLAC, sound.pcm[: 20 * sound.rate_hz, None], sound.rate_hz)
    (tmp_path / "cut.flac").write_bytes(whole[: len(whole) // 2])
    ended = invoke("transcribe", tmp_path / "cut.flac", *MODEL)

    assert ended.code == 1
    assert "what came before is transcribed" in ended.err
    assert "cut:" in ended.out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--format", "doc"], "'doc' is not one of txt, md, docx, srt"),
        (["--name", "A", "--name", "B"], "2 names for 1 participants"),
        (["--name", "A", "--participant", "B"], "there is nobody called 'B'"),
    ],
)
def test_wrong_usage(invoke: Invoke, arguments: list[str], reason: str) -> None:
    """An unknown format, a name too many and nobody's name are wrong usage, found before any work."""
    ended = invoke("transcribe", CARLA, *MODEL, *arguments)

    assert ended.code == 2
    assert "loading" not in ended.err
    assert reason in " ".join(ended.err.split())


@pytest.mark.parametrize(("name", "reason"), [("no/such.txt", "there is no folder"), (".", "it is a folder")])
def test_an_output_that_cannot_be_written_is_one_line(
    invoke: Invoke, tmp_path: Path, name: str, reason: str
) -> None:
    """It is named before anything is transcribed."""
    ended = invoke("transcribe", CARLA, *MODEL, "--out", tmp_path / name)

    assert (ended.code, len(ended.err.splitlines())) == (1, 1)
    assert f"cannot be written: {reason}" in ended.err
