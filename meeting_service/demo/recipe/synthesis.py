"""
Speaks sentences in many voices and stores them as one corpus.

A corpus is a folder with `speech.i16`, every utterance after the other as mono int16 at 16 kHz, and
`speech.json`, where each utterance lies in it.  espeak-ng and flite run as libraries in a few processes.
"""

import itertools
import json
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from meeting_service.demo.recipe.engines import SAMPLE_RATE_HZ, Manner, Speech, speak
from meeting_service.demo.recipe.text import sentences

TRAINED_VOICES = {
    "espeak:en-us": 0.06,
    "espeak:en-us+f2": 0.04,
    "espeak:en-us+f4": 0.03,
    "espeak:en-us+m3": 0.03,
    "espeak:en-us+Annie": 0.03,
    "espeak:en-us+Andy": 0.03,
    "espeak:en-us+Michael": 0.03,
    "espeak:en-gb": 0.04,
    "espeak:en-gb+f2": 0.04,
    "espeak:en-gb+m7": 0.03,
    "espeak:en-gb-x-rp+Alicia": 0.03,
    "espeak:en-gb-scotland": 0.03,
    "flite:slt": 0.22,
    "flite:rms": 0.21,
    "flite:kal16": 0.15,
}
"""Every voice of the training speech and its share of the utterances."""

UNSEEN_VOICE = "flite:awb"
"""Never trained on: what the model makes of a voice it does not know."""

_JOB_SENTENCES = 40
_PEAK = 0.7
_EDGE_SAMPLES = SAMPLE_RATE_HZ // 10
_LONGEST_SAMPLES = 14 * SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Utterance:
    """One utterance of a corpus."""

    offset: int
    """First sample in `speech.i16`."""
    samples: int
    """Length in samples at 16 kHz."""
    voice: str
    text: str
    anchors: list[tuple[int, int]]
    """Character position and sample where words start, and at last the end of both; may be sparse."""


def trim(speech: Speech, text: str) -> tuple[NDArray[np.int16], list[tuple[int, int]]]:
    """Cut the silence at both ends to a tenth of a second, and bring the peak to 0.7 of full scale."""
    samples = speech.samples * (_PEAK / max(1e-3, float(np.abs(speech.samples).max())))
    (loud,) = np.nonzero(np.abs(samples) > 0.01)
    first = max(0, int(loud[0]) - _EDGE_SAMPLES)
    last = min(len(samples), int(loud[-1]) + _EDGE_SAMPLES)
    end = int(loud[-1]) - first
    anchors = [(character, min(max(0, at - first), end)) for character, at in speech.anchors]
    return (samples[first:last] * 32767).astype(np.int16), [*anchors, (len(text), end)]


def _resize(speech: Speech, factor: float) -> Speech:
    samples = soxr.resample(speech.samples, SAMPLE_RATE_HZ * factor, SAMPLE_RATE_HZ)
    return Speech(samples, tuple((character, int(at / factor)) for character, at in speech.anchors))


def speak_varied(voice: str, text: str, rng: random.Random) -> Speech:
    """Speak with another tempo and pitch every time; some are also resampled, which moves the formants."""
    speech = speak(voice, text, Manner(rng.uniform(0.8, 1.22), rng.uniform(0.82, 1.22)))
    return _resize(speech, rng.uniform(0.9, 1.12)) if rng.random() < 0.4 else speech


@dataclass(frozen=True)
class _Job:
    seed: int
    voice: str
    texts: list[str]


def _speak_job(job: _Job) -> list[tuple[str, str, NDArray[np.int16], list[tuple[int, int]]]]:
    rng = random.Random(job.seed)
    spoken = ((text, *trim(speak_varied(job.voice, text, rng), text)) for text in job.texts)
    return [(job.voice, *row) for row in spoken if len(row[1]) < _LONGEST_SAMPLES]


def _jobs(seed: int) -> Iterator[_Job]:
    rng, texts = random.Random(seed), sentences(seed, held_out=False)
    for number in itertools.count():
        (voice,) = rng.choices(list(TRAINED_VOICES), list(TRAINED_VOICES.values()))
        yield _Job(seed * 1_000_003 + number, voice, list(itertools.islice(texts, _JOB_SENTENCES)))


def _spoken(
    jobs: Iterable[_Job], processes: int
) -> Iterator[tuple[str, str, NDArray[np.int16], list[tuple[int, int]]]]:
    with get_context("spawn").Pool(processes) as pool:
        while batch := list(itertools.islice(jobs, 32 * processes)):
            yield from itertools.chain.from_iterable(pool.imap(_speak_job, batch))


def synthesise(folder: Path, hours: float, *, seed: int, processes: int) -> None:
    """Write a corpus of about `hours` of training speech; the same seed gives the same corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    utterances: list[Utterance] = []
    offset, begun = 0, time.monotonic()
    with (folder / "speech.i16").open("wb") as audio:
        for voice, text, samples, anchors in _spoken(_jobs(seed), processes):
            audio.write(samples.tobytes())
            utterances.append(Utterance(offset, len(samples), voice, text, anchors))
            offset += len(samples)
            if offset >= hours * 3600 * SAMPLE_RATE_HZ:
                break
    rows = [asdict(utterance) for utterance in utterances]
    (folder / "speech.json").write_text(json.dumps(rows), encoding="utf-8")
    print(f"{len(rows)} utterances, {offset / SAMPLE_RATE_HZ / 3600:.2f} h, {time.monotonic() - begun:.0f} s")


def read_corpus(folder: Path) -> tuple[list[Utterance], NDArray[np.int16]]:
    """The utterances of a corpus and its samples, mapped from the file."""
    rows = json.loads((folder / "speech.json").read_text(encoding="utf-8"))
    return [Utterance(**row) for row in rows], np.memmap(folder / "speech.i16", dtype=np.int16, mode="r")
