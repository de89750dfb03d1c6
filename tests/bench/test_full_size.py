from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from mlx.utils import tree_flatten

from meeting_service.bench import full_size
from meeting_service.recogniser.device import Device
from meeting_service.recogniser.loading import build_network, load_model
from meeting_service.recogniser.recogniser import Recogniser
from meeting_service.recognition import Hypothesis, Window

CPU = Device("cpu", 1)


@pytest.fixture
def config() -> dict[str, Any]:
    """The full-size configuration, made small."""
    config = full_size.make_config()
    config["encoder"].update(n_layers=2, d_model=64, subsampling_conv_channels=16)
    config["joint"]["jointnet"]["encoder_hidden"] = 64
    return config


def recognise_noise(recogniser: Recogniser) -> Hypothesis:
    """Eight seconds of noise like speech, recognised."""
    samples = full_size.make_speech_like(8, seed=1)
    [hypothesis] = recogniser.recognise([Window(samples, 0, 0, len(samples))])
    return hypothesis


def test_it_has_the_published_size() -> None:
    """The configuration is the published model's: 627 million numbers, 24 layers."""
    network, front_end = build_network(full_size.make_config(), "full-size")

    sizes = [array.size for _, array in tree_flatten(network.parameters())]  # not evaluated
    assert 627_052_166 == sum(sizes)
    assert 24 == len(network.encoder.layers)
    assert 128 == front_end.features


def test_it_speaks_at_a_speakers_pace(config: dict[str, Any]) -> None:
    """Noise like speech gives one and a half to six tokens a second, each covering a frame or more."""
    hypothesis = recognise_noise(Recogniser(full_size.make_random_model(config, CPU), CPU))

    assert 1.5 <= len(hypothesis.tokens) / 8 <= 6
    assert all(token.end > token.start for token in hypothesis.tokens[:-1])


def test_a_written_model_is_the_one_in_memory(tmp_path: Path, config: dict[str, Any]) -> None:
    """Another process loads the very weights, from a folder that is written once."""
    path = full_size.write_full_size_model(tmp_path / "model", config)
    written = (path.directory / "model.safetensors").stat()

    assert path == full_size.write_full_size_model(tmp_path / "model", config)
    assert written == (path.directory / "model.safetensors").stat()
    made = full_size.make_random_model(config, CPU)
    loaded = load_model(path, CPU)
    for (name, one), (_, other) in zip(
        tree_flatten(made.network.parameters()), tree_flatten(loaded.network.parameters()), strict=True
    ):
        assert mx.array_equal(one, other), name


def test_the_pieces_differ() -> None:
    """No piece comes twice, most begin a word, some end a sentence."""
    pieces = full_size.make_vocabulary()

    assert 8_192 == len(pieces) == len(set(pieces))
    assert 0.5 < np.mean([piece.startswith("▁") for piece in pieces]) < 0.7
