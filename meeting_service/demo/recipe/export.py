"""
From a training checkpoint to the two files that `parakeet_mlx.from_pretrained` reads, and back.

Weights are stored as float16.  MLX keeps channels last, knows one bias per LSTM, and has no CTC head.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from meeting_service.demo.recipe.network import DURATIONS, Parakeet, Shape
from meeting_service.demo.recipe.tokenizer import PIECES

_LSTM = "decoder.prediction.dec_rnn.lstm.0."
_PREFIXES = {
    "embed.": "decoder.prediction.embed.",
    "jp.": "joint.pred.",
    "je.": "joint.enc.",
    "jo.": "joint.joint_net.2.",
}
_TRAINING_ONLY = ("ctc.", "lstm.")


def _exported_name(name: str) -> str:
    prefix = name[: name.index(".") + 1]
    return _PREFIXES.get(prefix, prefix) + name.removeprefix(prefix)


def _channels_last(weight: torch.Tensor) -> torch.Tensor:
    return weight.movedim(1, -1) if weight.ndim >= 3 else weight


def _channels_second(weight: torch.Tensor) -> torch.Tensor:
    return weight.movedim(-1, 1) if weight.ndim >= 3 else weight


def _is_exported(name: str) -> bool:
    return not name.startswith(_TRAINING_ONLY) and not name.endswith("num_batches_tracked")


def exported_weights(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights under the names and in the layout of `parakeet_mlx`, float32."""
    named = {_exported_name(name): _channels_last(weights[name]) for name in weights if _is_exported(name)}
    named[_LSTM + "Wx"] = weights["lstm.weight_ih_l0"]
    named[_LSTM + "Wh"] = weights["lstm.weight_hh_l0"]
    named[_LSTM + "bias"] = weights["lstm.bias_ih_l0"] + weights["lstm.bias_hh_l0"]
    return {name: weight.float().contiguous() for name, weight in named.items()}


def imported_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The weights of an exported model as a training checkpoint has them; the CTC head starts anew."""
    stored = load_file(folder / "model.safetensors")
    weights: dict[str, torch.Tensor] = Parakeet(Shape()).state_dict()
    for name in filter(_is_exported, weights):
        weights[name] = _channels_second(stored[_exported_name(name)]).float().contiguous()
    weights["lstm.weight_ih_l0"] = stored[_LSTM + "Wx"].float()
    weights["lstm.weight_hh_l0"] = stored[_LSTM + "Wh"].float()
    weights["lstm.bias_ih_l0"] = stored[_LSTM + "bias"].float()
    weights["lstm.bias_hh_l0"] = torch.zeros_like(weights["lstm.bias_ih_l0"])
    return weights


def _preprocessor(shape: Shape) -> dict[str, Any]:
    return {
        "sample_rate": 16000,
        "normalize": "per_feature",
        "window_size": 0.025,
        "window_stride": 0.01,
        "window": "hann",
        "features": shape.bands,
        "n_fft": 512,
        "dither": 1e-5,
        "pad_to": 0,
        "pad_value": 0.0,
    }


def _encoder(shape: Shape) -> dict[str, Any]:
    return {
        "feat_in": shape.bands,
        "n_layers": shape.layers,
        "d_model": shape.width,
        "n_heads": shape.heads,
        "ff_expansion_factor": shape.expansion,
        "subsampling_factor": 8,
        "self_attention_model": "rel_pos",
        "subsampling": "dw_striding",
        "conv_kernel_size": shape.kernel,
        "subsampling_conv_channels": shape.channels,
        "pos_emb_max_len": 5000,
        "causal_downsampling": False,
        "use_bias": False,
        "xscaling": False,
        "subsampling_conv_chunking_factor": 1,
        "att_context_size": [-1, -1],
    }


def _joint(shape: Shape) -> dict[str, Any]:
    return {
        "num_classes": shape.pieces,
        "vocabulary": list(PIECES),
        "num_extra_outputs": DURATIONS,
        "jointnet": {
            "joint_hidden": shape.joint,
            "activation": "relu",
            "encoder_hidden": shape.width,
            "pred_hidden": shape.predictor,
        },
    }


def config(shape: Shape) -> dict[str, Any]:
    """The content of `config.json`, in the words of NeMo's own configuration."""
    durations = list(range(DURATIONS))
    return {
        "target": "nemo.collections.asr.models.rnnt_bpe_models.EncDecRNNTBPEModel",
        "model_defaults": {
            "enc_hidden": shape.width,
            "pred_hidden": shape.predictor,
            "joint_hidden": shape.joint,
            "tdt_durations": durations,
            "num_tdt_durations": DURATIONS,
        },
        "preprocessor": _preprocessor(shape),
        "encoder": _encoder(shape),
        "decoder": {
            "blank_as_pad": True,
            "vocab_size": shape.pieces,
            "prednet": {"pred_hidden": shape.predictor, "pred_rnn_layers": 1},
        },
        "joint": _joint(shape),
        "decoding": {"model_type": "tdt", "durations": durations, "greedy": {"max_symbols": 10}},
    }


def export(weights: dict[str, torch.Tensor], folder: Path) -> int:
    """Write `config.json` and `model.safetensors`; returns the bytes of the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: weight.to(torch.float16) for name, weight in exported_weights(weights).items()}
    path = folder / "model.safetensors"
    save_file(halves, path, metadata={"format": "mlx"})
    text = json.dumps(config(Shape()), indent=1, ensure_ascii=False)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    return path.stat().st_size
