"""What one participant of a measured meeting sends: turns of speech whose beginnings and ends are known.

The sentences are the bundled meeting's. Within a turn people pause for breath, too shortly to end an
utterance; after it they pause for longer than any utterance waits.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from meeting_service.audio import RECOGNITION_RATE_HZ, Pcm
from meeting_service.bench.speech import MICROPHONE_NOISE, Spoken, list_sentences, make_noise, to_pcm
from meeting_service.recognition import Samples

BREATHS_S = (0.15, 0.5)
PAUSES_S = (1.1, 1.9)
SENTENCES_A_TURN = (1, 1, 1, 2, 3)
"""drawn from these"""
REST_S = 1.5
"""quiet at a track's end, so that its last turn ends like any other"""


@dataclass(frozen=True, slots=True)
class Turn:
    """Speech between two pauses, in samples of the stream."""

    start: int
    """its first sample of speech"""
    end: int
    """the sample after its last one of speech"""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """All that one participant sends, at 16 kHz."""

    pcm: Pcm
    turns: Sequence[Turn]

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.pcm) / RECOGNITION_RATE_HZ

    @property
    def speech_s(self) -> float:
        """How long somebody speaks in it, breaths included."""
        return sum(turn.end - turn.start for turn in self.turns) / RECOGNITION_RATE_HZ


def make_track(
    seconds: float, seed: int, *, begin_s: float = 0.0, pauses_s: tuple[float, float] = PAUSES_S
) -> Track:
    """One who speaks turn after turn with an open microphone; the same for the same arguments.

    Args:
        seconds: its length; the last turn ends `REST_S` earlier at the latest.
        seed: chooses voice, sentences and pauses.
        begin_s: quiet before the first turn.
        pauses_s: shortest and longest pause between turns.
    """
    draw, own = np.random.default_rng(seed), itertools.cycle(_voice(seed))
    samples = make_noise(seconds, MICROPHONE_NOISE, seed)
    at, last = _samples(begin_s), len(samples) - _samples(REST_S)
    turns: list[Turn] = []
    for _ in range(draw.integers(len(list_sentences()))):  # everybody begins elsewhere
        next(own)
    while (speech := _speak(draw, own, last - at)) is not None:
        samples[at : at + len(speech)] += speech
        turns.append(Turn(at, at + len(speech)))
        at += len(speech) + _samples(draw.uniform(*pauses_s))
    return Track(to_pcm(samples), turns)


def make_silence(seconds: float) -> Track:
    """One who is there with the microphone off: digital silence."""
    return Track(np.zeros(_samples(seconds), np.int16), ())


def _voice(seed: int) -> list[Spoken]:
    names = sorted({sentence.name for sentence in list_sentences()})
    return [s for s in list_sentences() if s.name == names[seed % len(names)]]


def _speak(draw: np.random.Generator, own: Iterator[Spoken], room: int) -> Samples | None:
    """The next turn, `(samples,)`; a sentence where more would not fit, None where not even that does."""
    sentences = [next(own).samples for _ in range(draw.choice(SENTENCES_A_TURN))]
    breaths = [make_noise(draw.uniform(*BREATHS_S), 0.0) for _ in sentences]
    turn = np.concatenate([piece for pair in zip(sentences, breaths, strict=True) for piece in pair][:-1])
    return next((speech for speech in (turn, sentences[0]) if len(speech) <= room), None)


def _samples(seconds: float) -> int:
    return round(seconds * RECOGNITION_RATE_HZ)
