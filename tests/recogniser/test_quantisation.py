import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx.utils import tree_flatten

from meeting_service.recogniser.device import Device
from meeting_service.recogniser.loading import LoadedModel, build_network, load_model, place_network
from meeting_service.recogniser.models import ModelPath
from meeting_service.recogniser.quantisation import Bits, quantise
from tests.recogniser.tiny import ONE_ROW, Kind, make_config, make_model

GPU = Device("cuda", 2)
"""As a GPU would have the weights; nothing is computed."""
BITS: tuple[Bits, ...] = (8, 4)


def make_wide_config(kind: Kind = "TDT") -> dict[str, Any]:
    """A model just wide enough for groups of weights."""
    config = make_config(kind)
    config["encoder"] |= {"d_model": 64, "n_layers": 1}
    config["joint"]["jointnet"] |= {"encoder_hidden": 64}
    return config


def make_wide(device: Device, weights: Any = "auto") -> LoadedModel:
    """The same, with random weights."""
    mx.random.seed(0)
    return place_network("wide", *build_network(make_wide_config(), "wide"), device, weights)


def matrices(network: Any) -> list[Any]:
    """The encoder's large weights."""
    layer = network.encoder.layers[0]
    return [layer.feed_forward1.linear1, layer.self_attn.linear_q, layer.conv.pointwise_conv1]


def fits(module: Any) -> bool:
    """Whether groups of 32 fit into a matrix that can be kept in few bits."""
    return hasattr(module, "to_quantized") and module.weight.shape[-1] % 32 == 0


@pytest.mark.parametrize(("weights", "bits"), [("8bit", 8), ("4bit", 4)])
def test_a_gpu_keeps_few_bits(weights: str, bits: int) -> None:
    """Linear layers and pointwise convolutions of the encoder are kept in few bits, nothing else is."""
    model = make_wide(GPU, weights)

    assert all(isinstance(module, nn.QuantizedLinear) for module in matrices(model.network))
    assert {bits} == {module.bits for module in matrices(model.network)}
    assert isinstance(model.network.joint.enc, nn.Linear)
    assert isinstance(model.network.encoder.layers[0].conv.depthwise_conv, nn.Conv1d)
    assert (bits, "bfloat16") == (model.bits, model.weights)
    assert f"bfloat16 with weights of {bits} bits" == model.precision


@pytest.mark.parametrize("weights", ["8bit", "4bit"])
def test_a_cpu_has_what_a_gpu_has(weights: str) -> None:
    """On a CPU the weights are rounded to what a GPU multiplies with, and are as large as ever."""
    rounded, kept = make_wide(ONE_ROW, weights), make_wide(ONE_ROW)
    quantise(kept.network.encoder, rounded.bits, keep=True)  # type: ignore[arg-type]

    for ours, theirs in zip(matrices(rounded.network), matrices(kept.network), strict=True):
        expected = mx.dequantize(theirs.weight, theirs.scales, theirs.biases, bits=theirs.bits)
        np.testing.assert_array_equal(np.array(expected), np.array(ours.weight).reshape(expected.shape))


def test_fewer_bits_are_further_off() -> None:
    """Rounding to 8 bits moves a weight a little, to 4 bits sixteen times as far, groups whole or not."""
    exact = make_model(seed=1).network
    off = []
    for bits in BITS:
        rounded = make_model(seed=1).network
        quantise(rounded.encoder, bits, keep=False)
        pairs = zip(matrices(rounded), matrices(exact), strict=True)
        off.append(max(float(mx.abs(ours.weight - theirs.weight).max()) for ours, theirs in pairs))

    assert 0 < off[0] < 0.01
    assert 10 < off[1] / off[0] < 30


def test_size_and_count() -> None:
    """Few bits take less room and are as many weights."""
    whole, eight, four = (make_wide(GPU, weights) for weights in ("auto", "8bit", "4bit"))

    assert whole.parameters == eight.parameters == four.parameters
    assert four.size_bytes < eight.size_bytes < whole.size_bytes
    held = sum(array.nbytes for _, array in tree_flatten(four.network.parameters()))
    assert held == four.size_bytes


@pytest.mark.parametrize("whole_network", [False, True])
@pytest.mark.parametrize("device", [ONE_ROW, GPU])
def test_published_in_few_bits(tmp_path: Path, device: Device, whole_network: bool) -> None:
    """A folder whose configuration has a `quantization` loads; only a GPU keeps the encoder's few bits."""
    config = make_wide_config() | {"quantization": {"group_size": 32, "bits": 4}}
    network, _ = build_network(config, "wide")
    published = network if whole_network else network.encoder
    nn.quantize(published, 32, 4, class_predicate=lambda _, module: fits(module))
    (tmp_path / "config.json").write_text(json.dumps(config))
    mx.save_safetensors(str(tmp_path / "model.safetensors"), dict(tree_flatten(network.parameters())))

    model = load_model(ModelPath("published", tmp_path), device)

    kind = nn.QuantizedLinear if device.on_gpu else nn.Linear
    assert kind is type(model.network.encoder.layers[0].self_attn.linear_q)
    assert nn.Linear is type(model.network.joint.enc)
    assert nn.Embedding is type(model.network.decoder.prediction["embed"])
    assert 4 == model.bits
    assert make_wide(ONE_ROW).parameters == model.parameters
