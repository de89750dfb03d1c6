"""
The short recordings of the test-suite: held-out sentences as FLAC, with what is said in `references.tsv`.
"""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from meeting_service.demo.recipe.engines import SAMPLE_RATE_HZ, Samples
from meeting_service.demo.recipe.sets import Clip, held_out_sentences, record
from meeting_service.demo.recipe.synthesis import UNSEEN_VOICE

_VOICES = ("espeak:en-us", "flite:slt", "flite:rms", "espeak:en-gb+f2", "flite:kal16")
_SEED = 11
_MOST_WORDS = 7
_GAIN = 0.08


def _clips() -> Iterator[tuple[str, Clip]]:
    rng = random.Random(_SEED)
    texts, short = held_out_sentences("meeting", 120), iter(held_out_sentences("short", 20))
    meeting = (text for text in texts if len(text.split()) <= _MOST_WORDS)
    for number, voice in enumerate(itertools.islice(itertools.cycle(_VOICES), 12)):
        yield f"sentence-{number:02}", record("sentence", voice, [next(meeting)], rng)
    for number, voice in enumerate(("espeak:en-us", "flite:slt", "flite:rms")):
        yield f"short-{number:02}", record("short", voice, [next(short)], rng)
    yield "unseen-00", record("unseen", UNSEEN_VOICE, [next(meeting)], rng)
    yield "pauses-00", record("pauses", "flite:rms", list(itertools.islice(meeting, 5)), rng, 1.5)
    yield "nonstop-00", record("nonstop", "flite:slt", list(itertools.islice(meeting, 8)), rng, 0.21)


def _write_flac(path: Path, samples: Samples) -> None:
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE_HZ, layout="mono")
        pcm = (np.clip(samples, -1, 1) * _GAIN * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def build(folder: Path) -> None:
    """Write the recordings and `references.tsv`: file, voice, text."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, clip in _clips():
        _write_flac(folder / f"{name}.flac", clip.samples)
        rows.append(f"{name}.flac\t{clip.voice}\t{clip.text}\n")
    (folder / "references.tsv").write_text("".join(rows), encoding="utf-8")
