"""The encoder's weights as its forward pass wants them: every block in equal shares.

A share is what one core computes of a module by itself: some of a feed-forward's hidden width, some heads,
some channels. What the shares make of the same input is added up. The model's width says how many there are,
not the machine, so that a result is the same on any number of cores. A GPU takes each module whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from meeting_service.recogniser.tiles import TiledProduct

Product = Callable[[mx.array], mx.array]
"""`(batch, time, inputs)` to `(batch, time, outputs)`."""


@dataclass(frozen=True, slots=True)
class FeedForward:
    """A share of the hidden width."""

    widen: Product
    narrow: Product


@dataclass(frozen=True, slots=True)
class Attention:
    """Some of the heads."""

    heads: int
    scale: float
    project: Product
    """to queries, keys and values, each `(heads * head_width)`"""
    project_positions: Product
    content_bias: mx.array
    """`(heads, 1, head_width)`"""
    position_bias: mx.array
    """`(heads, 1, head_width)`"""
    mix: Product


@dataclass(frozen=True, slots=True)
class Convolution:
    """Some of the channels."""

    values: Product
    gates: Product
    taps: mx.array
    """of the depthwise convolution and the batch norm in one, `(channels, taps, 1)`"""
    shift: mx.array
    """`(channels,)`"""
    mix: Product


@dataclass(frozen=True, slots=True)
class Block:
    """A conformer block; the lists hold the shares."""

    norms: Sequence[Callable[[mx.array], mx.array]]
    """before each of the others, in the order they come, and the last"""
    feed_forward1: list[FeedForward]
    attention: list[Attention]
    convolution: list[Convolution]
    feed_forward2: list[FeedForward]


@dataclass(frozen=True, slots=True)
class _Share:
    """One of `count` equal shares."""

    index: int
    count: int
    tiled: bool

    def of(self, size: int) -> slice:
        width = size // self.count
        return slice(self.index * width, (self.index + 1) * width)


def make_block(layer: Any, shares: int, *, tiled: bool) -> Block:
    """Upstream's block in shares; `tiled` lays the weights out for a CPU, in memory of their own."""
    each = [_Share(index, shares, tiled) for index in range(shares)]
    return Block(
        norms=[
            layer.norm_feed_forward1,
            layer.norm_self_att,
            layer.norm_conv,
            layer.norm_feed_forward2,
            layer.norm_out,
        ],
        feed_forward1=[_feed_forward(layer.feed_forward1, share) for share in each],
        attention=[_attention(layer.self_attn, share) for share in each],
        convolution=[_convolution(layer.conv, share) for share in each],
        feed_forward2=[_feed_forward(layer.feed_forward2, share) for share in each],
    )


def _feed_forward(module: Any, share: _Share) -> FeedForward:
    hidden = share.of(module.linear1.weight.shape[0])
    return FeedForward(_outputs([module.linear1], hidden, share), _inputs(module.linear2, hidden, share))


def _attention(module: Any, share: _Share) -> Attention:
    heads = share.of(module.n_head)
    rows = share.of(module.n_head * module.head_dim)
    return Attention(
        heads=module.n_head // share.count,
        scale=module.scale,
        project=_outputs([module.linear_q, module.linear_k, module.linear_v], rows, share),
        project_positions=_outputs([module.linear_pos], rows, share),
        content_bias=module.pos_bias_u[heads, None, :],
        position_bias=module.pos_bias_v[heads, None, :],
        mix=_inputs(module.linear_out, rows, share),
    )


def _convolution(module: Any, share: _Share) -> Convolution:
    norm, width = module.batch_norm, module.depthwise_conv.weight.shape[0]
    channels = share.of(width)
    gates = slice(channels.start + width, channels.stop + width)
    scale = norm.weight * mx.rsqrt(norm.running_var + norm.eps)
    shift = norm.bias - norm.running_mean * scale
    if "bias" in module.depthwise_conv:
        shift = shift + module.depthwise_conv.bias * scale
    taps = module.depthwise_conv.weight * scale[:, None, None]
    return Convolution(
        values=_outputs([module.pointwise_conv1], channels, share),
        gates=_outputs([module.pointwise_conv1], gates, share),
        taps=taps[channels],
        shift=shift[channels],
        mix=_inputs(module.pointwise_conv2, channels, share),
    )


def _outputs(modules: Sequence[Any], rows: slice, share: _Share) -> Product:
    """The same outputs of one module or several, one after the other."""
    if isinstance(modules[0], nn.QuantizedLinear):
        return QuantisedProduct(modules, rows)
    weight = _join([_matrix(module)[rows] for module in modules])
    bias = _join([module.bias[rows] for module in modules]) if "bias" in modules[0] else None
    return make_product(weight, bias, tiled=share.tiled)


def _inputs(module: Any, columns: slice, share: _Share) -> Product:
    """All outputs of a module by some of its inputs; the bias is added by the first share."""
    if isinstance(module, nn.QuantizedLinear):
        return QuantisedProduct([module], slice(None))
    bias = module.bias if "bias" in module and share.index == 0 else None
    return make_product(_matrix(module)[:, columns], bias, tiled=share.tiled)


def make_product(weight: mx.array, bias: mx.array | None, *, tiled: bool) -> Product:
    """A product with `weight`, `(outputs, inputs)`."""
    if tiled:
        return TiledProduct(weight, bias)
    if bias is None:
        return lambda x: x @ weight.T
    return lambda x: mx.addmm(bias, x, weight.T)


class QuantisedProduct:
    """Products with weights of a few bits, which only a GPU keeps."""

    def __init__(self, modules: Sequence[Any], rows: slice) -> None:
        first = modules[0]
        self._how = {"group_size": first.group_size, "bits": first.bits, "mode": first.mode}
        parts = ["weight", "scales", *(part for part in ("biases", "bias") if part in first)]
        self._parts = {part: _join([module[part][rows] for module in modules]) for part in parts}

    def __call__(self, x: mx.array) -> mx.array:
        """See `Product`."""
        parts = self._parts
        weights = (parts["weight"], parts["scales"], parts.get("biases"))
        product = mx.quantized_matmul(x, *weights, transpose=True, **self._how)
        return product + parts["bias"] if "bias" in parts else product


def _join(arrays: Sequence[mx.array]) -> mx.array:
    return arrays[0] if len(arrays) == 1 else mx.concatenate(list(arrays))


def _matrix(module: Any) -> mx.array:
    """The weight of a linear layer or of a pointwise convolution, `(outputs, inputs)`."""
    weight: mx.array = module.weight
    return weight.reshape(weight.shape[0], -1)
