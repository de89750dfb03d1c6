"""Weights of a few bits, in groups that share a scale and an offset.

Only the encoder's matrices are worth it: nineteen of twenty weights of a published model. Its pointwise
convolutions are matrices too. Prediction and joint network and small convolutions stay as they are.
"""

from collections.abc import Container, Iterator, Mapping
from typing import Any, Literal

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten

Bits = Literal[8, 4]

_GROUP = 64
"""Weights that share a scale: with 32 a weight of 4 bits would take 5 or 6, with 64 it takes 4.5 or 5."""

_FEW_BITS = (nn.QuantizedLinear, nn.QuantizedEmbedding)


def quantise(encoder: Any, bits: Bits, *, keep: bool) -> None:
    """Give the encoder's matrices `bits` each.

    Args:
        encoder: upstream's module, changed in place.
        bits: of each weight.
        keep: whether they are kept in so many bits, for a device that multiplies with such; otherwise only
            rounded to them. On a CPU MLX takes 17 to 30 times as long with few bits as a BLAS with all.
    """
    if not keep:
        for _, module in _matrices(encoder):
            module.weight = _round(module.weight, bits)
        return
    for layer in encoder.layers:
        layer.conv.pointwise_conv1 = _as_linear(layer.conv.pointwise_conv1)
        layer.conv.pointwise_conv2 = _as_linear(layer.conv.pointwise_conv2)
    nn.quantize(encoder, _GROUP, bits, class_predicate=lambda _, module: _fits(module))


def prepare_published(network: Any, section: Mapping[str, Any], names: Container[str]) -> None:
    """Make the network take weights that were published in few bits.

    Args:
        network: upstream's module, with weights yet to come.
        section: `quantization` of its `config.json`; a module may have a section of its own in it.
        names: of the published weights; a matrix of few bits has `.scales` among them.
    """

    def how(path: str, _: nn.Module) -> bool | dict[str, Any]:
        if f"{path}.scales" not in names:
            return False
        own = section.get(path)
        return dict(own) if isinstance(own, Mapping) else True

    for path, module in network.named_modules():
        if path.endswith((".pointwise_conv1", ".pointwise_conv2")) and f"{path}.scales" in names:
            _replace(network, path, _as_linear(module))
    nn.quantize(
        network,
        section.get("group_size"),
        section.get("bits"),
        mode=section.get("mode", "affine"),
        class_predicate=how,
    )


def expand(network: Any, *, encoder_too: bool) -> None:
    """Give matrices of few bits all of theirs again: the decoder's, which computes on the host; the encoder's
    where there is no GPU."""
    for path, module in network.named_modules():
        if isinstance(module, _FEW_BITS) and (encoder_too or not path.startswith("encoder.")):
            _replace(network, path, _expanded(module))


def count_parameters(network: Any) -> int:
    """How many numbers a network has, whatever bits they take."""
    total: int = sum(array.size for _, array in tree_flatten(network.parameters()))
    for _, module in network.named_modules():
        if isinstance(module, _FEW_BITS):
            groups = module.scales.size + (0 if module.get("biases") is None else module.biases.size)
            total += module.weight.size * 32 // module.bits - module.weight.size - groups
    return total


def size_bytes(network: Any, bits: Bits | None) -> int:
    """What the weights take where the encoder's matrices are kept in `bits`, as far as groups fit into them;
    as they are for None."""
    total: int = sum(array.nbytes for _, array in tree_flatten(network.parameters()))
    if bits is None:
        return total
    for _, module in _matrices(network.encoder):
        if module.weight.shape[-1] % _GROUP == 0:
            scales = 2 * module.weight.size // _GROUP * module.weight.itemsize
            total += module.weight.size * bits // 8 + scales - module.weight.nbytes
    return total


def _matrices(encoder: Any) -> Iterator[tuple[str, Any]]:
    """The modules that are a product with a matrix: linear layers and pointwise convolutions."""
    for path, module in encoder.named_modules():
        pointwise = isinstance(module, nn.Conv1d) and module.weight.shape[1] == 1
        if isinstance(module, nn.Linear) or pointwise:
            yield path, module


def _fits(module: Any) -> bool:
    return isinstance(module, nn.Linear) and module.weight.shape[1] % _GROUP == 0


def _as_linear(convolution: Any) -> nn.Linear:
    """A pointwise convolution, `(outputs, 1, inputs)`, as the linear layer it is."""
    outputs, _, inputs = convolution.weight.shape
    linear = nn.Linear(inputs, outputs, bias="bias" in convolution)
    linear.weight = convolution.weight[:, 0]
    if "bias" in convolution:
        linear.bias = convolution.bias
    return linear


def _round(weight: mx.array, bits: Bits) -> mx.array:
    """What is left of the weights in so many bits; the last group of a row is filled with zeros."""
    matrix = weight.reshape(weight.shape[0], -1)
    inputs = matrix.shape[1]
    filled = mx.pad(matrix, [(0, 0), (0, -inputs % _GROUP)])
    rounded = mx.dequantize(*mx.quantize(filled, _GROUP, bits), group_size=_GROUP, bits=bits)
    kept: mx.array = rounded[:, :inputs].reshape(weight.shape).astype(weight.dtype)
    return kept


def _expanded(module: Any) -> nn.Module:
    weight = mx.dequantize(
        module.weight,
        module.scales,
        module.get("biases"),
        group_size=module.group_size,
        bits=module.bits,
        mode=module.mode,
    )
    if isinstance(module, nn.QuantizedEmbedding):
        embedding = nn.Embedding(*weight.shape)
        embedding.weight = weight
        return embedding
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias="bias" in module)
    linear.weight = weight
    if "bias" in module:
        linear.bias = module.bias
    return linear


def _replace(network: Any, path: str, module: nn.Module) -> None:
    """Put another module in the place of the one at `path`."""
    *parents, name = path.split(".")
    holder = network
    for parent in parents:
        holder = holder[int(parent) if isinstance(holder, list) else parent]
    holder[int(name) if isinstance(holder, list) else name] = module
