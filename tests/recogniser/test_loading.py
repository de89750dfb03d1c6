import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from mlx.utils import tree_flatten

from meeting_service.errors import CannotStart
from meeting_service.recogniser.decoder import Region
from meeting_service.recogniser.decoders import Decoders
from meeting_service.recogniser.loading import load_model
from meeting_service.recogniser.models import ModelPath
from meeting_service.recognition import DecodingConfig
from tests.recogniser.tiny import ONE_ROW, Kind, make_config, make_encoded, make_model


def save(folder: Path, config: dict[str, Any], kind: Kind = "TDT") -> ModelPath:
    """A model folder with the weights of a tiny model."""
    (folder / "config.json").write_text(json.dumps(config))
    mx.save_safetensors(
        str(folder / "model.safetensors"), dict(tree_flatten(make_model(kind).network.parameters()))
    )
    return ModelPath("tiny", folder)


@pytest.mark.parametrize("kind", ["TDT", "RNNT", "CTC", "TDT-CTC"])
def test_every_kind_is_loaded(tmp_path: Path, kind: Kind) -> None:
    """A folder of each kind of model is read, with the weights that were saved, all evaluated."""
    path = save(tmp_path, make_config(kind), kind)

    model = load_model(path, ONE_ROW)

    assert 10_000 < model.parameters < 100_000
    assert (kind, "float32", 20) == (model.kind, model.weights, len(model.vocabulary))
    saved: Any = mx.load(str(tmp_path / "model.safetensors"))
    assert all(mx.array_equal(saved[name], array) for name, array in tree_flatten(model.network.parameters()))


@pytest.mark.parametrize("kind", ["TDT", "RNNT", "CTC", "TDT-CTC"])
@pytest.mark.parametrize("seed", range(3))
def test_every_kind_decodes_like_upstream(tmp_path: Path, kind: Kind, seed: int) -> None:
    """From its folder, a model of each kind reads what parakeet_mlx reads; a hybrid by its TDT head."""
    model = load_model(save(tmp_path, make_config(kind), kind), ONE_ROW)
    [frames] = make_encoded(seed, 1, 40)
    expected: Any = model.network.decode(frames[None], mx.array([40]))
    if kind != "CTC":
        expected, _ = expected

    decoder = Decoders(model.network, model.vocabulary, ONE_ROW).get(DecodingConfig())
    [decoded] = decoder.decode([frames], [Region(0, 40, None)])

    assert [token.id for token in expected[0]] == [emission.label for emission in decoded.emissions]
    assert decoded.emissions


def test_half_precision_is_for_the_encoder(tmp_path: Path) -> None:
    """In bfloat16 the encoder is cast; the small decoder stays exact."""
    model = load_model(save(tmp_path, make_config()), ONE_ROW, "bfloat16")

    dtypes = {name.split(".")[0]: array.dtype for name, array in tree_flatten(model.network.parameters())}
    assert {"encoder": mx.bfloat16, "decoder": mx.float32, "joint": mx.float32} == dtypes


def test_a_local_attention_model_attends_to_its_window(tmp_path: Path) -> None:
    """A configuration with local attention loads with full attention, which a window needs no less."""
    config = make_config()
    config["encoder"] |= {"self_attention_model": "rel_pos_local_attn", "att_context_size": [128, 128]}

    model = load_model(save(tmp_path, config), ONE_ROW)

    assert "RelPositionMultiHeadAttention" == type(model.network.encoder.layers[0].self_attn).__name__


@pytest.mark.parametrize(
    ("section", "change", "said"),
    [
        ("preprocessor", {"sample_rate": 8_000}, "8000 Hz"),
        ("encoder", {"subsampling_factor": 4}, "640 samples"),
        ("encoder", {"self_attention_model": "abs_pos"}, "abs_pos"),
        ("encoder", {"causal_downsampling": True}, "cannot be used"),
        ("encoder", {"n_layers": 3}, "do not fit"),
        ("encoder", {"n_layers": "many"}, "cannot be used"),
        ("decoding", {"model_type": "other"}, "cannot be used"),
    ],
)
def test_a_model_that_cannot_run_here(
    tmp_path: Path, section: str, change: dict[str, Any], said: str
) -> None:
    """A configuration that is not supported stops the start with one line: the model and the reason."""
    config = make_config()
    config[section] |= change

    with pytest.raises(CannotStart, match=said) as caught:
        load_model(save(tmp_path, config), ONE_ROW)

    assert "tiny" in caught.value.detail
    assert "\n" not in caught.value.detail


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"target": 5}'])
def test_a_configuration_that_is_none(tmp_path: Path, text: str) -> None:
    """Broken JSON, another JSON, or one of another program: one line."""
    path = save(tmp_path, make_config())
    (tmp_path / "config.json").write_text(text)

    with pytest.raises(CannotStart):
        load_model(path, ONE_ROW)


def test_weights_that_are_none(tmp_path: Path) -> None:
    """A file of weights that is cut off or something else: one line."""
    path = save(tmp_path, make_config())
    (tmp_path / "model.safetensors").write_bytes(b"not weights")

    with pytest.raises(CannotStart, match="weights"):
        load_model(path, ONE_ROW)
