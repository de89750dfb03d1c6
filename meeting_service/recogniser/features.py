"""Log-mel features as NeMo computes them: what the published weights were trained on.

Pre-emphasis; frames centred on multiples of the hop, zeros outside the signal; symmetric window; power
spectrum; Slaney mel filterbank; log(x + 2^-24); normalised per bin over the frames of the window.
"""

import numpy as np
from numpy.typing import NDArray
from parakeet_mlx.audio import PreprocessArgs

from meeting_service.recognition import Samples

_LOG_GUARD = np.float32(2.0**-24)
_STD_GUARD = np.float32(1e-5)
_WINDOWS = {"hann": np.hanning, "hamming": np.hamming, "blackman": np.blackman, "bartlett": np.bartlett}

Matrix = NDArray[np.float32]


class FrontEndConfig(PreprocessArgs):  # type: ignore[misc] # upstream is untyped
    """The `preprocessor` section of a model's configuration."""

    def __post_init__(self) -> None:
        """Upstream builds its filterbank here with librosa: seconds of imports for a matrix not used."""


class FrontEnd:
    """Turns audio into features. Immutable; any thread may call it."""

    def __init__(self, config: FrontEndConfig) -> None:
        self.bins: int = config.features
        self.hop_samples: int = config.hop_length
        self._config = config
        self._window = _make_window(config)
        self._filters = mel_filters(config.sample_rate, config.n_fft, config.features)

    def frames(self, samples: int) -> int:
        """Mel frames of that many samples."""
        return samples // self.hop_samples

    def log_mel(self, samples: Samples) -> Matrix:
        """Features of one window, `(mel_frames, mel_bins)`, float32; normalised over exactly this window."""
        if self.frames(len(samples)) == 0:
            return np.zeros((0, self.bins), np.float32)
        spectrum = np.fft.rfft(self._cut(self._emphasise(samples)), self._config.n_fft)
        power = spectrum.real**2 + spectrum.imag**2
        if self._config.mag_power != 2.0:
            power **= self._config.mag_power / 2.0
        return self._normalise(np.log(power @ self._filters + _LOG_GUARD))

    def _emphasise(self, samples: Samples) -> Samples:
        if self._config.preemph is None:
            return samples.astype(np.float32, copy=False)
        emphasised = samples.astype(np.float32)
        emphasised[1:] -= np.float32(self._config.preemph) * samples[:-1]
        return emphasised

    def _cut(self, samples: Samples) -> Matrix:
        """Windowed frames, `(mel_frames, window_samples)`."""
        n_fft, width = self._config.n_fft, len(self._window)
        left = n_fft // 2 - (n_fft - width) // 2
        padded = np.pad(samples, (left, width))
        cut = np.lib.stride_tricks.sliding_window_view(padded, width)[:: self.hop_samples]
        windowed: Matrix = cut[: self.frames(len(samples))] * self._window
        return windowed

    def _normalise(self, features: Matrix) -> Matrix:
        axis = {"per_feature": 0, "all_features": None}.get(self._config.normalize, -1)
        if axis == -1:
            return features
        count = features.size if axis is None else len(features)
        centred = features - features.mean(axis, keepdims=True)
        variance = (centred**2).sum(axis, keepdims=True) / np.float32(max(count - 1, 1))
        normalised: Matrix = centred / (np.sqrt(variance) + _STD_GUARD)
        return normalised


def _make_window(config: FrontEndConfig) -> Matrix:
    """The symmetric analysis window, `(window_samples,)`."""
    shape = _WINDOWS.get(config.window, np.ones)
    window: Matrix = shape(config.win_length).astype(np.float32)
    return window


def mel_filters(rate_hz: int, n_fft: int, bins: int) -> Matrix:
    """Slaney's triangular filters with equal area, from 0 Hz to half the rate, `(n_fft // 2 + 1, bins)`."""
    frequencies = np.linspace(0.0, rate_hz / 2, n_fft // 2 + 1)
    edges = _mel_to_hz(np.linspace(0.0, _hz_to_mel(rate_hz / 2), bins + 2))
    widths = np.diff(edges)
    slopes = edges[:, None] - frequencies[None, :]
    triangles = np.maximum(0.0, np.minimum(-slopes[:-2] / widths[:-1, None], slopes[2:] / widths[1:, None]))
    filters: Matrix = (triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]).T.astype(np.float32)
    return np.ascontiguousarray(filters)


# The Slaney scale: 200/3 Hz a mel up to 1 kHz, then 27 mels for each factor of 6.4.
_LINEAR_HZ, _KNEE_HZ, _LOG_STEP = 200.0 / 3, 1_000.0, np.log(6.4) / 27


def _hz_to_mel(hz: float) -> float:
    if hz < _KNEE_HZ:
        return hz / _LINEAR_HZ
    return float(_KNEE_HZ / _LINEAR_HZ + np.log(hz / _KNEE_HZ) / _LOG_STEP)


def _mel_to_hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _KNEE_HZ / _LINEAR_HZ
    return np.where(mels < knee, mels * _LINEAR_HZ, _KNEE_HZ * np.exp((mels - knee) * _LOG_STEP))
