"""
Log-mel features for training, as NeMo defines them and as `meeting_service.recogniser` computes them.

Pre-emphasis 0.97, frames of 400 samples centred on every 160th sample, symmetric Hann window, 512-point power
spectrum, 80 Slaney mel bands, `log(x + 2**-24)`, and per band mean 0 and unbiased deviation 1.
"""

import torch
from torch.nn import functional as fn

from meeting_service.demo.recipe.mel import FFT_SAMPLES

HOP_SAMPLES = 160
_WINDOW_SAMPLES = 400
_GUARD = 2.0**-24
_WINDOW = torch.hann_window(_WINDOW_SAMPLES, periodic=False)


def log_mel(samples: torch.Tensor, banks: torch.Tensor) -> torch.Tensor:
    """
    Normalised log-mel features.

    Args:
        samples: `(batch, samples)`, float32, full scale 1.
        banks: `(batch or 1, 257, bands)`, a filter bank for each row.

    Returns:
        `(batch, samples // 160, bands)`.
    """
    emphasised = torch.cat([samples[:, :1], samples[:, 1:] - 0.97 * samples[:, :-1]], 1)
    frames = emphasised.shape[1] // HOP_SAMPLES
    padded = fn.pad(emphasised, (_WINDOW_SAMPLES // 2, _WINDOW_SAMPLES))
    windows = padded.unfold(1, _WINDOW_SAMPLES, HOP_SAMPLES)[:, :frames] * _WINDOW
    power = torch.view_as_real(torch.fft.rfft(windows, FFT_SAMPLES)).square().sum(-1)
    features = torch.log(power @ banks + _GUARD)  # (batch, frames, bands)
    spread = features.std(1, keepdim=True) + 1e-5
    return (features - features.mean(1, keepdim=True)) / spread
