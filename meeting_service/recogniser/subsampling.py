"""The encoder's first stages: strided convolutions from mel frames to encoder frames, eight to one.

A GPU runs upstream's convolutions. On a CPU MLX computes those one number at a time, so they are products
there: of gathered patches for the first, and for each depthwise one of a channel's rows with a band matrix.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np

from meeting_service.recogniser.tiles import TiledProduct

_KERNEL = 3

Subsampling = Callable[[mx.array, mx.array], mx.array]
"""Mel frames, `(batch, mel_length, bins)`, and which of them are real, `(batch, mel_length)`, to frames."""


class Convolutions:
    """Upstream's own convolutions, with what is padding held at zero."""

    def __init__(self, pre_encode: Any) -> None:
        self._layers = pre_encode.conv
        self._out = pre_encode.out

    def __call__(self, mel: mx.array, valid: mx.array) -> mx.array:
        """See `Subsampling`."""
        x = mx.where(valid[:, :, None], mel, 0)[..., None]  # (batch, time, bins, channels)
        for layer in self._layers:
            x = layer(x)
            if isinstance(layer, nn.Conv2d):
                if layer.weight.shape[1] > 1:  # a strided stage; the others are pointwise
                    valid = valid[:, ::2]
                x = x * valid[:, :, None, None]  # a product costs less than a choice
        frames: mx.array = self._out(x.swapaxes(2, 3).flatten(2))
        return frames


@dataclass(frozen=True, slots=True)
class _Stage:
    """A strided depthwise convolution and the pointwise one after it."""

    band: mx.array
    """a channel's two rows of bins to what they add to their own row of outputs and to the next,
    `(channels, 2 * bins, 2 * outputs)`"""
    mix: mx.array
    """`(channels, channels)`"""
    bias: mx.array
    """of both, `(channels, 1, 1)`"""


class Products:
    """The same as products with the channels in front, `(channels, time, bins)`: one window at a time."""

    def __init__(self, pre_encode: Any) -> None:
        first, *others = [layer for layer in pre_encode.conv if isinstance(layer, nn.Conv2d)]
        channels = first.weight.shape[0]
        self._patches = mx.concatenate([first.weight.reshape(channels, -1), first.bias[:, None]], axis=1)
        bins = pre_encode.out.weight.shape[1] // channels << len(others) // 2
        self._stages = []
        for depthwise, pointwise in zip(others[::2], others[1::2], strict=True):
            self._stages.append(_make_stage(depthwise, pointwise, bins))
            bins //= 2
        self._out = TiledProduct(pre_encode.out.weight, pre_encode.out.bias)
        mx.eval(self._patches, [(stage.band, stage.mix, stage.bias) for stage in self._stages])

    def __call__(self, mel: mx.array, valid: mx.array) -> mx.array:
        """See `Subsampling`."""
        rows = [self._subsample(*row) for row in zip(mel, valid, strict=True)]
        return mx.stack(rows)

    def _subsample(self, mel: mx.array, valid: mx.array) -> mx.array:
        x = nn.relu(self._patches @ _gather(mel * valid[:, None], valid[::2]))
        time, bins = (size // 2 for size in mel.shape)
        x = x.reshape(-1, time, bins)
        valid = valid[::2]
        for stage in self._stages:
            valid = valid[::2]
            x = _run(stage, x, valid)
        return self._out(x.transpose(1, 0, 2).flatten(1)[None])[0]


def _gather(mel: mx.array, valid: mx.array) -> mx.array:
    """What the first convolution sees: of each output its nine inputs, and one for the bias if it is real."""
    time, bins = mel.shape
    padded = mx.pad(mel, 1)
    offsets = [(i, j) for i in range(_KERNEL) for j in range(_KERNEL)]
    inputs = [padded[i : i + time : 2, j : j + bins : 2] for i, j in offsets]
    real = mx.broadcast_to(valid[:, None].astype(mel.dtype), (time // 2, bins // 2))
    return mx.stack([*inputs, real]).reshape(len(offsets) + 1, -1)


def _run(stage: _Stage, x: mx.array, valid: mx.array) -> mx.array:
    """`(channels, time, bins)` to `(channels, time / 2, bins / 2)`."""
    channels, time, bins = x.shape
    both = x.reshape(channels, time // 2, 2 * bins) @ stage.band
    own, next_ = mx.split(both, 2, axis=-1)
    x = own + mx.pad(next_[:, :-1], [(0, 0), (1, 0), (0, 0)])
    mixed = (stage.mix @ x.reshape(channels, -1)).reshape(x.shape)
    activated: mx.array = nn.relu(mixed + stage.bias)
    return activated * valid[:, None]


def _make_stage(depthwise: Any, pointwise: Any, bins: int) -> _Stage:
    mix = pointwise.weight.reshape(pointwise.weight.shape[0], -1)
    bias = pointwise.bias + mix @ depthwise.bias
    return _Stage(mx.array(_make_band(np.array(depthwise.weight), bins)), mix, bias[:, None, None])


def _make_band(taps: np.ndarray, bins: int) -> np.ndarray:
    """See `_Stage.band`; `taps` are `(channels, 3, 3, 1)`, over time and bins."""
    outputs = bins // 2
    band = np.zeros((len(taps), 2, bins, 2, outputs), np.float32)
    for output in range(outputs):
        for j in range(_KERNEL):
            source = 2 * output + j - 1
            if 0 <= source < bins:
                band[:, 0, source, 0, output] = taps[:, 1, j, 0]
                band[:, 1, source, 0, output] = taps[:, 2, j, 0]
                band[:, 1, source, 1, output] = taps[:, 0, j, 0]
    return band.reshape(len(taps), 2 * bins, 2 * outputs)
