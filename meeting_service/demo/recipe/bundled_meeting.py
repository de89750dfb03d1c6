"""
Speaks the bundled meeting from `meeting_script.txt`: one recording per stream, and the true times.

Every line is held out of training: of the versions its template allows, the first held-out one is spoken.
"""

import json
import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np

from meeting_service.demo.recipe.engines import SAMPLE_RATE_HZ, Manner, Samples, speak
from meeting_service.demo.recipe.synthesis import trim
from meeting_service.demo.recipe.text import expand, is_held_out

TITLE = "Release planning"
VOICES = {"Ann": "espeak:en-gb+f2", "Ben": "flite:rms", "Carla": "flite:slt"}
"""Who speaks, and in which trained voice."""

_SCRIPT = Path(__file__).with_name("meeting_script.txt")
_LINE = re.compile(r"(?P<name>\w+) (?:(?P<change>joins|leaves)|(?P<pause_ms>-?\d+) (?P<template>.+))")
_JOIN_LEAD_MS, _LEAVE_TAIL_MS = 500, 900
_NOISE = 0.0004
_BIT_RATE = 24_000
_OPUS_RATE_HZ = 48_000
"""What an Opus decoder gives, whatever was encoded."""
_LOUD = 0.02


@dataclass(frozen=True)
class Line:
    """One spoken sentence, in ms of the meeting."""

    participant: str
    start_ms: int
    end_ms: int
    text: str


@dataclass
class _Run:
    """One uninterrupted recording of a participant."""

    name: str
    starts_ms: int
    ends_ms: int = 0
    speech: list[tuple[int, Samples]] = field(default_factory=list)
    """Where in the meeting each piece of speech begins, ms."""

    def samples(self, seed: int) -> Samples:
        """The whole recording with very quiet noise, `(samples,)`."""
        length = (self.ends_ms - self.starts_ms) * SAMPLE_RATE_HZ // 1000
        out = np.random.default_rng(seed).standard_normal(length).astype(np.float32) * np.float32(_NOISE)
        for start_ms, speech in self.speech:
            begin = (start_ms - self.starts_ms) * SAMPLE_RATE_HZ // 1000
            out[begin : begin + len(speech)] += speech[: length - begin]
        return out


def held_out_version(template: str, seed: int) -> str:
    """
    The first version of a template, in a seeded order, that is held out of training.

    Raises:
        ValueError: none of a few thousand versions is.
    """
    rng = random.Random(seed)
    for _ in range(5000):
        text = expand(template, rng)
        if is_held_out(text):
            return text
    raise ValueError(f"every version of this line may be trained on: {template}")


def _loud_ms(samples: Samples) -> tuple[int, int]:
    """Where the first and the last sound in `samples` are."""
    (loud,) = np.nonzero(np.abs(samples) > _LOUD)
    return int(loud[0]) * 1000 // SAMPLE_RATE_HZ, int(loud[-1]) * 1000 // SAMPLE_RATE_HZ


class _Stage:
    """Places the lines of the script one after the other in time."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.runs: list[_Run] = []
        self._open: dict[str, _Run] = {}
        self._now_ms = 0

    def change(self, name: str, change: str) -> None:
        """A participant joins or leaves."""
        if change == "joins":
            self._open[name] = _Run(name, max(0, self._now_ms - _JOIN_LEAD_MS) if self.lines else 0)
            self.runs.append(self._open[name])
        else:
            run = self._open.pop(name)
            last_ms = max(start_ms + len(s) * 1000 // SAMPLE_RATE_HZ for start_ms, s in run.speech)
            run.ends_ms = last_ms + _LEAVE_TAIL_MS

    def say(self, name: str, pause_ms: int, text: str) -> None:
        """A participant speaks, `pause_ms` after the end of the line before."""
        speech, _ = trim(speak(VOICES[name], text, Manner(tempo=0.95)), text)
        samples = speech.astype(np.float32) / np.float32(32768)
        first_ms, last_ms = _loud_ms(samples)
        start_ms = self._now_ms + pause_ms
        self._now_ms = start_ms + last_ms - first_ms
        self._open[name].speech.append((start_ms - first_ms, samples))
        self.lines.append(Line(name.lower(), start_ms, self._now_ms, text))


def perform() -> _Stage:
    """Speak the whole script; always the same."""
    stage = _Stage()
    for number, line in enumerate(_SCRIPT.read_text(encoding="utf-8").splitlines()):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"line {number + 1} of {_SCRIPT.name} is not a script line")
        if match["change"]:
            stage.change(match["name"], match["change"])
        else:
            stage.say(match["name"], int(match["pause_ms"]), held_out_version(match["template"], number))
    return stage


def _write_opus(path: Path, samples: Samples) -> None:
    # Without the flag the stream gets a random serial number, and every build another file.
    with av.open(str(path), "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE_HZ, layout="mono")
        stream.bit_rate = _BIT_RATE
        pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def _description(stage: _Stage, files: list[str]) -> dict[str, Any]:
    streams = [
        {"participant": run.name.lower(), "file": file, "starts_ms": run.starts_ms, "rate": _OPUS_RATE_HZ}
        for run, file in zip(stage.runs, files, strict=True)
    ]
    return {
        "title": TITLE,
        "participants": [
            {"id": name.lower(), "name": name, "voice": voice} for name, voice in VOICES.items()
        ],
        "streams": streams,
        "sentences": [vars(line) for line in sorted(stage.lines, key=lambda line: line.start_ms)],
    }


def build(folder: Path) -> None:
    """Write the recordings and `script.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    stage = perform()
    files = []
    for number, run in enumerate(stage.runs):
        earlier = sum(other.name == run.name for other in stage.runs[:number])
        files.append(f"{run.name.lower()}{f'-{earlier + 1}' if earlier else ''}.ogg")
        _write_opus(folder / files[-1], run.samples(number))
    text = json.dumps(_description(stage, files), indent=1, ensure_ascii=False)
    (folder / "script.json").write_text(text + "\n", encoding="utf-8")
    size = sum((folder / file).stat().st_size for file in files)
    print(
        f"{len(stage.lines)} sentences, {max(run.ends_ms for run in stage.runs) / 1000:.0f} s, {size} bytes"
    )
