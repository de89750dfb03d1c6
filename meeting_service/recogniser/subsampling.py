"""The encoder's first stages on a CPU: strided convolutions from mel frames to encoder frames, eight to one.

They are products here, with the channels in front: of gathered patches for the first convolution, and for
each depthwise one of a channel's rows with a band matrix. MLX computes them one number at a time.
"""

from dataclasses import dataclass
from typing import Any

import mlx.nn as nn
import numpy as np

from meeting_service.recogniser.blocks import Share, make_shares, to_numpy
from meeting_service.recogniser.cores import Cores
from meeting_service.recogniser.tiles import Matrix, TiledProduct

_KERNEL = 3


@dataclass(frozen=True, slots=True)
class _Stage:
    """A strided depthwise convolution and the pointwise one after it."""

    band: Matrix
    """a channel's two rows of bins to what they add to their own row of outputs and to the next,
    `(channels, 2 * bins, 2 * outputs)`"""
    mix: Matrix
    """`(channels, channels)`"""
    bias: Matrix
    """of both, `(channels, 1)`"""


class Subsampling:
    """Subsamples one window at a time, in shares of the channels."""

    def __init__(self, pre_encode: Any, shares: int, cores: Cores) -> None:
        first, *others = [layer for layer in pre_encode.conv if isinstance(layer, nn.Conv2d)]
        channels = first.weight.shape[0]
        weight = to_numpy(first.weight).reshape(channels, -1)
        self._patches = np.concatenate([weight, to_numpy(first.bias)[:, None]], axis=1)
        bins = pre_encode.out.weight.shape[1] // channels << len(others) // 2
        self._stages: list[_Stage] = []
        for depthwise, pointwise in zip(others[::2], others[1::2], strict=True):
            self._stages.append(_make_stage(depthwise, pointwise, bins))
            bins //= 2
        self._shares, self._cores = make_shares(shares), cores
        out = to_numpy(pre_encode.out.weight)
        self._outs = [
            TiledProduct(np.ascontiguousarray(out[:, share.of(out.shape[1])])) for share in self._shares
        ]
        self._out_bias = to_numpy(pre_encode.out.bias)

    def __call__(self, mel: Matrix, mel_frames: int) -> Matrix:
        """`(mel_length, bins)`, of which `mel_frames` are real, to `(mel_length / factor, width)`."""
        gathered, real = _gather(mel, mel_frames), -(-mel_frames // 2)
        time, bins = mel.shape[0] // 2, mel.shape[1] // 2
        x = np.empty((len(self._patches), time, bins), np.float32)

        def begin(share: Share) -> None:
            some = share.of(len(x))
            flat = x[some].reshape(-1, time * bins)
            np.matmul(self._patches[some], gathered, out=flat)
            np.maximum(flat, 0, out=flat)

        self._cores.map(begin, self._shares)
        for stage in self._stages:
            real = -(-real // 2)
            x = self._run(stage, x, real)
        return self._leave(x)

    def _run(self, stage: _Stage, x: Matrix, real: int) -> Matrix:
        """`(channels, time, bins)` to `(channels, time / 2, bins / 2)`."""
        channels, time, bins = x.shape[0], x.shape[1] // 2, x.shape[2] // 2

        def mix(share: Share) -> Matrix:
            some = share.of(channels)
            both = x[some].reshape(-1, time, 4 * bins) @ stage.band[some]
            own, next_ = both[..., :bins], both[..., bins:]
            own[:, 1:] += next_[:, :-1]
            return stage.mix[:, some] @ own.reshape(-1, time * bins)

        parts = self._cores.map(mix, self._shares)
        mixed = _add(parts)

        def finish(share: Share) -> None:
            some = mixed[share.of(channels)]
            some += stage.bias[share.of(channels)]
            np.maximum(some, 0, out=some)

        self._cores.map(finish, self._shares)
        x = mixed.reshape(channels, time, bins)
        x[:, real:] = 0
        return x

    def _leave(self, x: Matrix) -> Matrix:
        frames = x.transpose(1, 0, 2).reshape(x.shape[1], -1)
        each = list(zip(self._outs, self._shares, strict=True))
        parts = self._cores.map(lambda one: one[0](frames[:, one[1].of(frames.shape[1])]), each)
        return _add(parts) + self._out_bias


def _add(parts: list[Matrix]) -> Matrix:
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


def _gather(mel: Matrix, mel_frames: int) -> Matrix:
    """What the first convolution sees: of each output its nine inputs, and one for the bias if it is real."""
    time, bins = mel.shape
    padded = np.zeros((time + 2, bins + 2), np.float32)
    padded[1 : mel_frames + 1, 1:-1] = mel[:mel_frames]
    gathered = np.zeros((_KERNEL**2 + 1, time // 2, bins // 2), np.float32)
    for i in range(_KERNEL):
        for j in range(_KERNEL):
            gathered[_KERNEL * i + j] = padded[i : i + time : 2, j : j + bins : 2]
    real = -(-mel_frames // 2)
    gathered[:, real:] = 0
    gathered[-1, :real] = 1
    return gathered.reshape(len(gathered), -1)


def _make_stage(depthwise: Any, pointwise: Any, bins: int) -> _Stage:
    mix = to_numpy(pointwise.weight).reshape(pointwise.weight.shape[0], -1)
    bias = to_numpy(pointwise.bias) + mix @ to_numpy(depthwise.bias)
    return _Stage(_make_band(to_numpy(depthwise.weight), bins), mix, bias[:, None])


def _make_band(taps: Matrix, bins: int) -> Matrix:
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
