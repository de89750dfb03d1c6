"""
The mel filter bank, with a frequency axis that can be stretched.

Unstretched it is the one of `meeting_service.recogniser.features`; a test holds the two together.
"""

import numpy as np
from numpy.typing import NDArray

FFT_SAMPLES = 512
_NYQUIST_HZ = 8000.0
_LINEAR_END_HZ, _LINEAR_STEP_HZ, _LOG_STEP = 1000.0, 200.0 / 3, np.log(6.4) / 27
_LINEAR_END_MEL = _LINEAR_END_HZ / _LINEAR_STEP_HZ


def _hz_to_mel(hz: float) -> float:
    if hz < _LINEAR_END_HZ:
        return hz / _LINEAR_STEP_HZ
    return float(_LINEAR_END_MEL + np.log(hz / _LINEAR_END_HZ) / _LOG_STEP)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    logarithmic = _LINEAR_END_HZ * np.exp((mel - _LINEAR_END_MEL) * _LOG_STEP)
    return np.where(mel < _LINEAR_END_MEL, mel * _LINEAR_STEP_HZ, logarithmic)


def mel_bank(bands: int = 80, warp: float = 1.0) -> NDArray[np.float32]:
    """
    Slaney's triangular filters with area normalisation.

    Args:
        warp: stretches the frequency axis, as a longer or shorter vocal tract does; 1 leaves it.

    Returns:
        `(257, bands)`, power spectrum to mel bands.
    """
    hz = np.clip(np.linspace(0, _NYQUIST_HZ, FFT_SAMPLES // 2 + 1) * warp, 0, _NYQUIST_HZ)
    edges = _mel_to_hz(np.linspace(0, _hz_to_mel(_NYQUIST_HZ), bands + 2))
    rising = (hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hz) / np.diff(edges)[1:, None]
    filters = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return filters.T.astype(np.float32)
