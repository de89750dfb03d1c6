"""The encoder: features of several windows, padded to one length, to encoder frames.

A forward pass of our own over upstream's weights. Padding is masked in the features, after every stage of the
subsampling, in the attention's keys and before the depthwise convolution, so that a window in a padded batch
is encoded as if it were alone.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial, reduce
from operator import add
from typing import Any, TypeVar

import mlx.core as mx

from meeting_service.recogniser.blocks import Attention, Block, Convolution, FeedForward, make_block
from meeting_service.recogniser.device import Device
from meeting_service.recogniser.kernels import attend, convolve_channels, glu, silu
from meeting_service.recogniser.shapes import LADDER_FRAMES
from meeting_service.recogniser.subsampling import Convolutions, Products, Subsampling

_MASKED = -1e9
"""Added to an attention score that must not count; finite, so that a row of padding has no NaN."""

_SHARES, _WIDE = 4, 512
"""Shares of a block from this width on. With fewer, products with the feed-forward's hidden width are too
long to be small ones (0.9 of the speed); with more, starting them costs more than they do."""

Share = TypeVar("Share")


class Encoder:
    """Encodes padded batches. Belongs to the thread that loaded the model."""

    def __init__(
        self, conformer: Any, device: Device, *, take: bool = False, shares: int | None = None
    ) -> None:
        """
        Args:
            conformer: upstream's module, evaluated.
            device: where it is to run.
            take: leave the conformer without its layers, so that a CPU, which lays their weights out anew,
                has them in memory once.
            shares: in how many parts a block is computed; by the model's width unless given.

        Raises:
            ValueError: the conformer's layers were taken before.
        """
        if not conformer.layers:
            raise ValueError("the conformer's layers were taken")
        self._args = conformer.args
        self.factor: int = conformer.args.subsampling_factor
        self._dtype = conformer.pre_encode.out.weight.dtype
        tiled = not device.on_gpu and self._dtype == mx.float32
        if shares is None:
            shares = _SHARES if tiled and self._args.d_model >= _WIDE else 1
        self._streams = device.spread(shares)
        self._subsample: Subsampling = (Products if tiled else Convolutions)(conformer.pre_encode)
        self._blocks = _make_blocks(conformer.layers, shares, tiled=tiled, take=take)
        self._positions: dict[int, list[list[mx.array]]] = {}
        self._forward = mx.compile(self._encode) if device.on_gpu else self._encode

    def frames(self, mel_frames: int) -> int:
        """Encoder frames of that many mel frames."""
        return math.ceil(mel_frames / self.factor)

    def __call__(self, mel: mx.array, mel_frames: mx.array) -> mx.array:
        """Encode a batch.

        Args:
            mel: log-mel features, `(batch, mel_length, mel_bins)`; `mel_length` a multiple of the
                subsampling factor.
            mel_frames: how many mel frames of each row are real, `(batch,)`.

        Returns:
            Encoder frames, `(batch, mel_length / factor, width)`, not yet evaluated; those beyond
            `frames(mel_frames)` mean nothing.
        """
        length = mel.shape[1] // self.factor
        return self._forward(mel, mel_frames, self._position_keys(length))

    def _encode(self, mel: mx.array, mel_frames: mx.array, positions: list[list[mx.array]]) -> mx.array:
        valid = mx.arange(mel.shape[1])[None, :] < mel_frames[:, None]
        x = self._subsample(mel, valid)
        valid = valid[:, :: self.factor]
        if self._args.xscaling:
            x = x * math.sqrt(self._args.d_model)
        for block, keys in zip(self._blocks, positions, strict=True):
            x = self._run(block, x, valid, keys)
        return x

    def _run(self, block: Block, x: mx.array, valid: mx.array, positions: list[mx.array]) -> mx.array:
        before1, before_attention, before_convolution, before2, after = block.norms
        x = x + 0.5 * self._sum(block.feed_forward1, partial(_feed_forward, before1(x)))
        attending = zip(block.attention, positions, strict=True)
        x = x + self._sum(list(attending), partial(_attend, before_attention(x), valid))
        x = x + self._sum(block.convolution, partial(_convolve, before_convolution(x), valid))
        x = x + 0.5 * self._sum(block.feed_forward2, partial(_feed_forward, before2(x)))
        return after(x)

    def _sum(self, shares: Sequence[Share], compute: Callable[[Share], mx.array]) -> mx.array:
        """What the shares make together, each on its core."""
        parts = []
        for share, stream in zip(shares, self._streams, strict=True):
            with mx.stream(stream):
                parts.append(compute(share))
        return reduce(add, parts)

    def _position_keys(self, length: int) -> list[list[mx.array]]:
        """What each share makes of the distances between `length` frames.

        Kept for the ladder's longest window, 49 MB at full size; those of a shorter one are in its middle.
        """
        longest = -(-length // LADDER_FRAMES[-1]) * LADDER_FRAMES[-1]
        if longest not in self._positions:
            table = _relative_positions(longest, self._args.d_model).astype(self._dtype)
            self._positions[longest] = [
                [
                    mx.contiguous(_heads(share.project_positions(table), share.heads))
                    for share in block.attention
                ]
                for block in self._blocks
            ]
            mx.eval(self._positions[longest])
        middle = slice(longest - length, longest + length - 1)
        return [[keys[:, :, middle] for keys in shares] for shares in self._positions[longest]]


def _make_blocks(layers: list[Any], shares: int, *, tiled: bool, take: bool) -> list[Block]:
    blocks = []
    for index in range(len(layers)):
        blocks.append(make_block(layers[0 if take else index], shares, tiled=tiled))
        if take:
            layers.pop(0)
    return blocks


def _relative_positions(length: int, width: int) -> mx.array:
    """Sinusoids of the distances `length - 1` down to `-length`, `(1, 2 * length, width)`."""
    distances = mx.arange(length - 1, -length - 1, -1, dtype=mx.float32)[:, None]
    angles = distances * mx.exp(mx.arange(0, width, 2, dtype=mx.float32) * -(math.log(10_000.0) / width))
    return mx.stack([mx.sin(angles), mx.cos(angles)], axis=-1).reshape(1, 2 * length, width)


def _feed_forward(x: mx.array, share: FeedForward) -> mx.array:
    return share.narrow(silu(share.widen(x)))


def _heads(x: mx.array, heads: int) -> mx.array:
    """`(batch, time, heads * head_width)` to `(batch, heads, time, head_width)`."""
    batch, time, _ = x.shape
    return x.reshape(batch, time, heads, -1).transpose(0, 2, 1, 3)


def _attend(x: mx.array, valid: mx.array, share_positions: tuple[Attention, mx.array]) -> mx.array:
    """Self-attention with relative positions (Transformer-XL), over the real frames only."""
    share, positions = share_positions
    queries, keys, values = (_heads(part, share.heads) for part in mx.split(share.project(x), 3, axis=-1))
    by_position = (queries + share.position_bias) * share.scale
    bias = _shift(by_position @ positions.swapaxes(-2, -1))
    bias = mx.where(valid[:, None, None, :], bias, mx.array(_MASKED, bias.dtype))
    mixed = attend(queries + share.content_bias, keys, values, share.scale, bias)
    return share.mix(mixed.swapaxes(1, 2).flatten(2))


def _shift(scores: mx.array) -> mx.array:
    """Scores by distance, `(batch, heads, time, 2 * time - 1)`, to scores by key, `(…, time, time)`."""
    batch, heads, time, distances = scores.shape
    rows = time * distances
    strides = (heads * rows, rows, distances - 1, 1)
    return mx.as_strided(scores, (batch, heads, time, time), strides, time - 1)


def _convolve(x: mx.array, valid: mx.array, share: Convolution) -> mx.array:
    x = glu(share.values(x), share.gates(x)) * valid[:, :, None]
    return share.mix(silu(convolve_channels(x, share.taps) + share.shift))
