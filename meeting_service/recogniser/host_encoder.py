"""The encoder on a CPU: one window at a time in NumPy, each block in shares that the cores compute.

The same forward pass as `DeviceEncoder`'s. A call of NumPy costs a tenth of a call of MLX, works in place and
has fast exponentials. Products are 87 % of what is left: a full-size window of 2 to 12 s is encoded at 0.8 to
0.9 of the rate of a large matrix product, where MLX reached 0.34 to 0.57.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import mlx.core as mx
import numpy as np

from meeting_service.recogniser.blas import count_cores
from meeting_service.recogniser.blocks import Attention, Block, Convolution, FeedForward, Norm, make_block
from meeting_service.recogniser.cores import Cores
from meeting_service.recogniser.shapes import LADDER_FRAMES
from meeting_service.recogniser.subsampling import Subsampling
from meeting_service.recogniser.tiles import Matrix, tiled_length

_MASKED = np.float32(-1e9)
_SHARES, _WIDE = 4, 512
"""Shares of a block from this width on. With fewer, products with the feed-forward's hidden width are too
long to be small ones (0.9 of the speed); with more, starting them costs more than they do."""

Share = TypeVar("Share")


class HostEncoder:
    """See `Encoder`."""

    def __init__(self, conformer: Any, *, shares: int | None = None, cores: int | None = None) -> None:
        """Takes over the layers of the conformer, so that their weights are in memory once.

        Raises:
            ValueError: they were taken before.
        """
        if not conformer.layers:
            raise ValueError("the conformer's layers were taken")
        self._args = conformer.args
        self.factor: int = conformer.args.subsampling_factor
        shares = shares or (_SHARES if self._args.d_model >= _WIDE else 1)
        self._cores = Cores(min(shares, cores or count_cores()))
        self._subsample = Subsampling(conformer.pre_encode, shares, self._cores)
        self._blocks: list[Block] = []
        while conformer.layers:
            self._blocks.append(make_block(conformer.layers.pop(0), shares))
        self._positions: dict[int, list[list[Matrix]]] = {}

    @property
    def warm_lengths(self) -> Sequence[int]:
        """See `Encoder`: the first window fills in what all share."""
        return LADDER_FRAMES[:1]

    def length(self, frames: int) -> int:
        """See `Encoder`: hardly any padding, for there is nothing to gain from equal lengths."""
        return tiled_length(max(frames, 1))

    def frames(self, mel_frames: int) -> int:
        """See `Encoder`."""
        return math.ceil(mel_frames / self.factor)

    def __call__(self, mel: Matrix, mel_frames: Sequence[int]) -> mx.array:
        """See `Encoder`."""
        rows = [self._encode(row, count) for row, count in zip(mel, mel_frames, strict=True)]
        return mx.array(np.stack(rows))

    def _encode(self, mel: Matrix, mel_frames: int) -> Matrix:
        x = self._subsample(mel, mel_frames)
        if self._args.xscaling:
            x *= math.sqrt(self._args.d_model)
        for block, distances in zip(self._blocks, self._distances(len(x)), strict=True):
            x = self._run(block, x, self.frames(mel_frames), distances)
        return x

    def _run(self, block: Block, x: Matrix, frames: int, distances: list[Matrix]) -> Matrix:
        before1, before_attention, before_convolution, before2, after = block.norms
        x += 0.5 * self._sum(partial(_feed_forward, _normalise(before1, x)), block.feed_forward1)
        attending = list(zip(block.attention, distances, strict=True))
        x += self._sum(partial(_attend, _normalise(before_attention, x), frames), attending)
        x += self._sum(partial(_convolve, _normalise(before_convolution, x), frames), block.convolution)
        x += 0.5 * self._sum(partial(_feed_forward, _normalise(before2, x)), block.feed_forward2)
        return _normalise(after, x)

    def _sum(self, compute: Callable[[Share], Matrix], shares: Sequence[Share]) -> Matrix:
        """What the shares make together; added up in their order, whoever was first."""
        first, *others = self._cores.map(compute, shares)
        for other in others:
            first += other
        return first

    def _distances(self, length: int) -> list[list[Matrix]]:
        """What each share makes of the distances between `length` frames, `(heads, head_width, distances)`.

        Kept for the ladder's longest window, 49 MB at full size; those of a shorter one are in its middle.
        """
        longest = -(-length // LADDER_FRAMES[-1]) * LADDER_FRAMES[-1]
        if longest not in self._positions:
            table = _relative_positions(longest, self._args.d_model)
            self._positions[longest] = [
                [_project_positions(share, table) for share in block.attention] for block in self._blocks
            ]
        middle = slice(longest - length, longest + length - 1)
        return [[keys[:, :, middle] for keys in shares] for shares in self._positions[longest]]


def _relative_positions(length: int, width: int) -> Matrix:
    """Sinusoids of the distances `length - 1` down to `1 - length` or beyond, `(distances, width)`."""
    count = tiled_length(2 * length - 1)
    distances = np.arange(length - 1, length - 1 - count, -1, dtype=np.float32)[:, None]
    rates = np.exp(np.arange(0, width, 2, dtype=np.float32) * np.float32(-math.log(10_000.0) / width))
    angles = distances * rates
    table: Matrix = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(count, width)
    return table


def _project_positions(share: Attention, table: Matrix) -> Matrix:
    keys = _heads(share.project_positions(table), share.heads)
    return np.ascontiguousarray(keys.swapaxes(1, 2))


def _normalise(norm: Norm, x: Matrix) -> Matrix:
    centred: Matrix = x - x.mean(axis=-1, keepdims=True)
    variance = np.einsum("td,td->t", centred, centred) / np.float32(x.shape[-1])
    centred *= (1 / np.sqrt(variance + np.float32(norm.epsilon)))[:, None]
    centred *= norm.weight
    centred += norm.bias
    return centred


def _feed_forward(x: Matrix, share: FeedForward) -> Matrix:
    return share.narrow(_silu(share.widen(x)))


def _silu(x: Matrix) -> Matrix:
    """`x * sigmoid(x)`, in place."""
    x *= 0.5
    gate = np.tanh(x)
    gate += 1
    x *= gate
    return x


def _heads(x: Matrix, heads: int) -> Matrix:
    """`(time, heads * head_width)` to `(heads, time, head_width)`."""
    return x.reshape(len(x), heads, -1).swapaxes(0, 1)


def _attend(x: Matrix, frames: int, share_distances: tuple[Attention, Matrix]) -> Matrix:
    """Self-attention with relative positions (Transformer-XL), over the real frames only."""
    share, distances = share_distances
    queries, keys, values = (_heads(part, share.heads) for part in np.split(share.project(x), 3, axis=-1))
    scores = (queries + share.content_bias) @ keys.swapaxes(-2, -1)
    scores += _shift(np.matmul(queries + share.position_bias, distances, dtype=np.float32))
    scores[:, :, frames:] = _MASKED
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    mixed = np.empty((len(x), *queries.shape[::2]), np.float32)
    np.matmul(scores, values, out=mixed.swapaxes(0, 1))
    mixed /= scores.sum(axis=-1).T[..., None]
    return share.mix(mixed.reshape(len(x), -1))


def _shift(scores: Matrix) -> Matrix:
    """Scores by distance, `(heads, time, 2 * time - 1)`, to scores by key, `(heads, time, time)`: a view."""
    heads, time, _ = scores.shape
    by_head, by_query, by_distance = scores.strides
    strides = (by_head, by_query - by_distance, by_distance)
    return np.lib.stride_tricks.as_strided(scores[:, :, time - 1 :], (heads, time, time), strides)


def _convolve(x: Matrix, frames: int, share: Convolution) -> Matrix:
    gated = share.values(x)
    gated *= _sigmoid(share.gates(x))
    gated[frames:] = 0
    return share.mix(_silu(_convolve_channels(gated, share)))


def _convolve_channels(x: Matrix, share: Convolution) -> Matrix:
    """Each channel of `(time, channels)` by its own taps, zeros beyond the ends."""
    padded = np.pad(x, ((len(share.taps) // 2,) * 2, (0, 0)))
    mixed: Matrix = share.shift + padded[: len(x)] * share.taps[0]
    term = np.empty_like(x)
    for tap, taps in enumerate(share.taps[1:], 1):
        np.multiply(padded[tap : tap + len(x)], taps, out=term)
        mixed += term
    return mixed


def _sigmoid(x: Matrix) -> Matrix:
    """As exact as `1 / (1 + exp(-x))`, without its overflow; in place."""
    x *= 0.5
    np.tanh(x, out=x)
    x += 1
    x *= 0.5
    return x
