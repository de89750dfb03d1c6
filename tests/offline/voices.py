"""Made-up speech: bursts of noise, each a different one, between silences; written as WAV."""

import wave
from pathlib import Path

import numpy as np

from meeting_service.audio import Pcm


def bursts(seed: int, rate_hz: int, seconds: float = 12.0) -> Pcm:
    """Noise of 0.5 to 3 s and silence of 0.3 to 2 s in turn, `(samples,)`."""
    source = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < seconds * rate_hz:
        parts.append(np.zeros(int(source.uniform(0.3, 2) * rate_hz), np.int16))
        parts.append(source.normal(0, 6_000, int(source.uniform(0.5, 3) * rate_hz)).astype(np.int16))
    return np.concatenate(parts)[: int(seconds * rate_hz)]


def write_wav(path: Path, pcm: np.ndarray, rate_hz: int) -> Path:
    """Write `(samples,)` or `(samples, channels)`."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if pcm.ndim == 1 else pcm.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pcm.astype("<i2").tobytes())
    return path
