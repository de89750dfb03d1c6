"""The encoder's weights as a CPU's forward pass wants them: every block in equal shares.

A share is what one core computes of a module by itself: some of a feed-forward's hidden width, some heads,
some channels. What the shares make of the same input is added up. The model's width says how many there are,
not the machine, so that a result is the same on any number of cores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import numpy as np

from meeting_service.recogniser.tiles import Matrix, TiledProduct, Vector


@dataclass(frozen=True, slots=True)
class Norm:
    """A layer norm."""

    weight: Vector
    bias: Vector
    epsilon: float


@dataclass(frozen=True, slots=True)
class FeedForward:
    """A share of the hidden width."""

    widen: TiledProduct
    narrow: TiledProduct


@dataclass(frozen=True, slots=True)
class Attention:
    """Some of the heads."""

    heads: int
    project: TiledProduct
    """to queries, already scaled, keys and values, each `heads * head_width`"""
    project_positions: TiledProduct
    content_bias: Matrix
    """scaled, `(heads, 1, head_width)`"""
    position_bias: Matrix
    """scaled, `(heads, 1, head_width)`"""
    mix: TiledProduct


@dataclass(frozen=True, slots=True)
class Convolution:
    """Some of the channels."""

    values: TiledProduct
    gates: TiledProduct
    taps: Matrix
    """of the depthwise convolution and the batch norm in one, `(taps, channels)`"""
    shift: Vector
    """`(channels,)`"""
    mix: TiledProduct


@dataclass(frozen=True, slots=True)
class Block:
    """A conformer block; the lists hold the shares."""

    norms: Sequence[Norm]
    """before each of the others, in the order they come, and the last"""
    feed_forward1: list[FeedForward]
    attention: list[Attention]
    convolution: list[Convolution]
    feed_forward2: list[FeedForward]


@dataclass(frozen=True, slots=True)
class Share:
    """One of `count` equal shares."""

    index: int
    count: int

    def of(self, size: int) -> slice:
        """Its part of something of that size."""
        width = size // self.count
        return slice(self.index * width, (self.index + 1) * width)


def make_shares(count: int) -> list[Share]:
    """All of them."""
    return [Share(index, count) for index in range(count)]


def make_block(layer: Any, shares: int) -> Block:
    """Upstream's block in shares, in memory of their own."""
    each = make_shares(shares)
    norms = ("feed_forward1", "self_att", "conv", "feed_forward2", "out")
    return Block(
        norms=[_norm(layer[f"norm_{name}"]) for name in norms],
        feed_forward1=[_feed_forward(layer.feed_forward1, share) for share in each],
        attention=[_attention(layer.self_attn, share) for share in each],
        convolution=[_convolution(layer.conv, share) for share in each],
        feed_forward2=[_feed_forward(layer.feed_forward2, share) for share in each],
    )


def to_numpy(array: mx.array) -> Matrix:
    """A view of an evaluated array, in single precision."""
    return np.array(array.astype(mx.float32), copy=False)


def _norm(module: Any) -> Norm:
    return Norm(to_numpy(module.weight), to_numpy(module.bias), module.eps)


def _feed_forward(module: Any, share: Share) -> FeedForward:
    widen, narrow = _matrix(module.linear1), _matrix(module.linear2)
    hidden = share.of(len(widen))
    return FeedForward(
        TiledProduct(widen[hidden], _bias(module.linear1, hidden)),
        TiledProduct(narrow[:, hidden], _bias_once(module.linear2, share)),
    )


def _attention(module: Any, share: Share) -> Attention:
    heads, rows = share.of(module.n_head), share.of(module.n_head * module.head_dim)
    scales = (module.scale, 1.0, 1.0)
    projections = list(zip((module.linear_q, module.linear_k, module.linear_v), scales, strict=True))
    weight = np.concatenate([_matrix(linear)[rows] * np.float32(scale) for linear, scale in projections])
    bias = None
    if "bias" in module.linear_q:
        bias = np.concatenate(
            [to_numpy(linear.bias)[rows] * np.float32(scale) for linear, scale in projections]
        )
    return Attention(
        heads=module.n_head // share.count,
        project=TiledProduct(weight, bias),
        project_positions=TiledProduct(_matrix(module.linear_pos)[rows]),
        content_bias=to_numpy(module.pos_bias_u)[heads, None] * np.float32(module.scale),
        position_bias=to_numpy(module.pos_bias_v)[heads, None] * np.float32(module.scale),
        mix=TiledProduct(_matrix(module.linear_out)[:, rows], _bias_once(module.linear_out, share)),
    )


def _convolution(module: Any, share: Share) -> Convolution:
    norm, taps = module.batch_norm, to_numpy(module.depthwise_conv.weight)[..., 0]
    channels = share.of(len(taps))
    gates = slice(channels.start + len(taps), channels.stop + len(taps))
    scale = to_numpy(norm.weight) / np.sqrt(to_numpy(norm.running_var) + np.float32(norm.eps))
    mean = to_numpy(norm.running_mean)
    if "bias" in module.depthwise_conv:
        mean = mean - to_numpy(module.depthwise_conv.bias)
    both, mix = _matrix(module.pointwise_conv1), _matrix(module.pointwise_conv2)
    return Convolution(
        values=TiledProduct(both[channels], _bias(module.pointwise_conv1, channels)),
        gates=TiledProduct(both[gates], _bias(module.pointwise_conv1, gates)),
        taps=np.ascontiguousarray((taps * scale[:, None])[channels].T),
        shift=(to_numpy(norm.bias) - mean * scale)[channels],
        mix=TiledProduct(mix[:, channels], _bias_once(module.pointwise_conv2, share)),
    )


def _matrix(module: Any) -> Matrix:
    """The weight of a linear layer or of a pointwise convolution, `(outputs, inputs)`."""
    return to_numpy(module.weight).reshape(module.weight.shape[0], -1)


def _bias(module: Any, outputs: slice) -> Vector | None:
    return to_numpy(module.bias)[outputs] if "bias" in module else None


def _bias_once(module: Any, share: Share) -> Vector | None:
    """The bias of a module by some of whose inputs a share computes all outputs: the first one adds it."""
    return to_numpy(module.bias) if "bias" in module and share.index == 0 else None
