"""
What makes clean speech harder: noise, narrow bands, masks.  Draws from the global random generators.
"""

import random

import numpy as np
import torch
from numpy.typing import NDArray

from meeting_service.demo.recipe.engines import SAMPLE_RATE_HZ

_MU = 255.0
_PINK_S = 20


def _pink(samples: int) -> NDArray[np.float32]:
    spectrum = np.fft.rfft(np.random.randn(samples))
    noise = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)))
    even: NDArray[np.float32] = (noise / noise.std()).astype(np.float32)
    return even


def narrow_band(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """A telephone (below 4 kHz, mu-law), or a codec that drops the highest band."""
    telephone = random.random() < 0.5
    spectrum = np.fft.rfft(row)
    top_hz = random.uniform(3400, 3900) if telephone else random.uniform(5500, 7500)
    spectrum[int(top_hz / (SAMPLE_RATE_HZ / 2) * len(spectrum)) :] = 0
    narrow: NDArray[np.float32] = np.fft.irfft(spectrum, len(row)).astype(np.float32)
    if telephone:
        squeezed = np.sign(narrow) * np.log1p(_MU * np.abs(np.clip(narrow, -1, 1))) / np.log1p(_MU)
        squeezed = np.round(squeezed * 127) / 127
        narrow = (np.sign(squeezed) * np.expm1(np.abs(squeezed) * np.log1p(_MU)) / _MU).astype(np.float32)
    return narrow


class Noise:
    """White noise, or a stretch of pink noise made once."""

    def __init__(self) -> None:
        self._pink = _pink(_PINK_S * SAMPLE_RATE_HZ)

    def add(self, row: NDArray[np.float32], snr_db: float) -> NDArray[np.float32]:
        """The row with noise that far below its own level; white for rows longer than the pink noise."""
        level = np.float32((float(np.sqrt(np.mean(row**2))) + 1e-6) * 10 ** (-snr_db / 20))
        begin = random.randrange(max(1, len(self._pink) - len(row)))
        noise = self._pink[begin : begin + len(row)]
        if random.random() < 1 / 3 or len(noise) < len(row):
            noise = np.random.standard_normal(len(row)).astype(np.float32)
        noisy: NDArray[np.float32] = row + noise * level
        return noisy


def mask(features: torch.Tensor) -> None:
    """Light SpecAugment, in place: up to 6 bands, and up to 6 frames in every 4 seconds."""
    frames, bands = features.shape
    width = random.randint(0, 6)
    low = random.randint(0, bands - width)
    features[:, low : low + width] = 0
    for _ in range(max(1, frames // 400)):
        width = random.randint(0, 6)
        begin = random.randint(0, max(0, frames - width))
        features[begin : begin + width] = 0
