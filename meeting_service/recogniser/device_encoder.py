"""The encoder on a GPU: several windows, padded to one length, in MLX.

A forward pass of our own over upstream's modules, which it never changes. Padding is masked in the
features, after every strided stage of the subsampling, in the attention's keys and before the depthwise
convolution, so that a window in a padded batch is encoded as if it were alone.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from meeting_service.recogniser.shapes import LADDER_FRAMES, rung
from meeting_service.recogniser.tiles import Matrix

_MASKED = -1e9
"""Added to an attention score that must not count; finite, so that a row of padding has no NaN."""


class DeviceEncoder:
    """See `Encoder`."""

    def __init__(self, conformer: Any) -> None:
        self._conformer = conformer
        self._dtype = conformer.pre_encode.out.weight.dtype
        self.factor: int = conformer.args.subsampling_factor
        self._positions: dict[int, list[mx.array]] = {}
        self._forward = mx.compile(self._encode)

    def frames(self, mel_frames: int) -> int:
        """See `Encoder`."""
        return math.ceil(mel_frames / self.factor)

    @property
    def warm_lengths(self) -> Sequence[int]:
        """See `Encoder`."""
        return LADDER_FRAMES

    def length(self, frames: int) -> int:
        """See `Encoder`: a rung of the ladder, for every new shape costs kernels and buffers."""
        return rung(frames)

    def __call__(self, mel: Matrix, mel_frames: Sequence[int]) -> mx.array:
        """See `Encoder`; not yet evaluated."""
        length = mel.shape[1] // self.factor
        return self._forward(
            mx.array(mel).astype(self._dtype), mx.array(list(mel_frames)), self._position_keys(length)
        )

    def _encode(self, mel: mx.array, mel_frames: mx.array, positions: list[mx.array]) -> mx.array:
        valid = mx.arange(mel.shape[1])[None, :] < mel_frames[:, None]
        x, valid = _subsample(self._conformer.pre_encode, mel, valid)
        if self._conformer.args.xscaling:
            x = x * math.sqrt(self._conformer.args.d_model)
        for layer, keys in zip(self._conformer.layers, positions, strict=True):
            x = _block(layer, x, valid, keys)
        return x

    def _position_keys(self, length: int) -> list[mx.array]:
        """What each layer makes of the relative positions; depends on the length alone, so it is kept."""
        if length not in self._positions:
            table = _relative_positions(length, self._conformer.args.d_model).astype(self._dtype)
            keys = [
                _heads(layer.self_attn, layer.self_attn.linear_pos(table)) for layer in self._conformer.layers
            ]
            mx.eval(keys)
            self._positions[length] = keys
        return self._positions[length]


def _relative_positions(length: int, width: int) -> mx.array:
    """Sinusoids of the distances `length - 1` down to `1 - length`, `(1, 2 * length - 1, width)`."""
    distances = mx.arange(length - 1, -length, -1, dtype=mx.float32)[:, None]
    angles = distances * mx.exp(mx.arange(0, width, 2, dtype=mx.float32) * -(math.log(10_000.0) / width))
    return mx.stack([mx.sin(angles), mx.cos(angles)], axis=-1).reshape(1, 2 * length - 1, width)


def _subsample(pre_encode: Any, mel: mx.array, valid: mx.array) -> tuple[mx.array, mx.array]:
    """Strided convolutions over `(batch, time, bins, 1)`; returns frames and which of them are real."""
    x = mx.where(valid[:, :, None], mel, 0)[..., None]
    for layer in pre_encode.conv:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            if layer.weight.shape[1] > 1:  # a strided stage; the others are pointwise
                valid = valid[:, ::2]
            x = x * valid[:, :, None, None]  # a product costs less than a choice
    batch, time, bins, channels = x.shape
    x = x.transpose(0, 1, 3, 2).reshape(batch, time, channels * bins)
    return pre_encode.out(x), valid


def _block(layer: Any, x: mx.array, valid: mx.array, positions: mx.array) -> mx.array:
    x = x + 0.5 * _feed_forward(layer.feed_forward1, layer.norm_feed_forward1(x))
    x = x + _attend(layer.self_attn, layer.norm_self_att(x), valid, positions)
    x = x + _convolve(layer.conv, layer.norm_conv(x), valid)
    x = x + 0.5 * _feed_forward(layer.feed_forward2, layer.norm_feed_forward2(x))
    normed: mx.array = layer.norm_out(x)
    return normed


def _feed_forward(module: Any, x: mx.array) -> mx.array:
    widened: mx.array = nn.silu(module.linear1(x))
    narrowed: mx.array = module.linear2(widened)
    return narrowed


def _heads(attention: Any, x: mx.array) -> mx.array:
    """`(batch, time, width)` to `(batch, heads, time, head_width)`."""
    batch, time, _ = x.shape
    return x.reshape(batch, time, attention.n_head, attention.head_dim).transpose(0, 2, 1, 3)


def _attend(attention: Any, x: mx.array, valid: mx.array, positions: mx.array) -> mx.array:
    """Self-attention with relative positions (Transformer-XL), over the real frames only."""
    split = partial(_heads, attention)
    queries, keys, values = (
        split(f(x)) for f in (attention.linear_q, attention.linear_k, attention.linear_v)
    )
    by_content = queries + attention.pos_bias_u[:, None, :]
    by_position = queries + attention.pos_bias_v[:, None, :]
    bias = _shift(by_position @ positions.swapaxes(-2, -1)) * attention.scale
    bias = mx.where(valid[:, None, None, :], bias, mx.array(_MASKED, bias.dtype))
    mixed = mx.fast.scaled_dot_product_attention(by_content, keys, values, scale=attention.scale, mask=bias)
    joined: mx.array = attention.linear_out(mixed.transpose(0, 2, 1, 3).reshape(x.shape))
    return joined


def _shift(scores: mx.array) -> mx.array:
    """Scores by distance, `(batch, heads, time, 2 * time - 1)`, to scores by key, `(…, time, time)`."""
    batch, heads, time, distances = scores.shape
    padded = mx.pad(scores, [(0, 0), (0, 0), (0, 0), (1, 0)])
    shifted = padded.reshape(batch, heads, distances + 1, time)[:, :, 1:]
    return shifted.reshape(batch, heads, time, distances)[..., :time]


def _convolve(module: Any, x: mx.array, valid: mx.array) -> mx.array:
    x = nn.glu(module.pointwise_conv1(x))
    x = x * valid[:, :, None]
    x = mx.pad(x, [(0, 0), (module.padding, module.padding), (0, 0)])
    x = nn.silu(module.batch_norm(module.depthwise_conv(x)))
    mixed: mx.array = module.pointwise_conv2(x)
    return mixed
