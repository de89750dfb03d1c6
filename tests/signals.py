"""Audio made on the spot: what sounds like speech to a loudness detector, and silence."""

import itertools
from collections.abc import Sequence

import numpy as np

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.recognition import Samples


def silence(seconds: float) -> Samples:
    """Zeros, `(samples,)`."""
    return np.zeros(round(seconds * RECOGNITION_RATE_HZ), np.float32)


def speech(seconds: float, seed: int = 0, dips: Sequence[float] = ()) -> Samples:
    """Loud noise that gets weak for 0.2 s around each of `dips`, seconds; 16-bit steps, `(samples,)`."""
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * RECOGNITION_RATE_HZ))
    for dip in dips:
        first, last = (round((dip + edge) * RECOGNITION_RATE_HZ) for edge in (-0.1, 0.1))
        noise[first:last] *= 0.3
    return (np.round(noise * 32_768) / 32_768).astype(np.float32)


def talk(*seconds: float, seed: int = 0) -> Samples:
    """Silence and speech in turn, of these lengths."""
    return np.concatenate(
        [speech(length, seed + i) if i % 2 else silence(length) for i, length in enumerate(seconds)]
    )


def pieces(samples: Samples, cuts: Sequence[int]) -> list[Samples]:
    """The same audio in pieces, cut at these positions (any order, any range)."""
    inside = sorted({min(max(cut, 0), len(samples)) for cut in cuts})
    return [samples[a:b] for a, b in itertools.pairwise([0, *inside, len(samples)])]
