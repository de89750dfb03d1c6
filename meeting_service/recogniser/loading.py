"""From a model's files to a network in memory, in the arithmetic of the device."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import mlx.core as mx
from dacite import Config, DaciteError, from_dict
from mlx.utils import tree_flatten, tree_map_with_path
from parakeet_mlx import parakeet
from parakeet_mlx.audio import PreprocessArgs

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.errors import CannotStart
from meeting_service.recogniser.device import Device
from meeting_service.recogniser.features import FrontEndConfig
from meeting_service.recogniser.models import ModelPath
from meeting_service.recognition import ENCODER_FRAME_SAMPLES

Weights = Literal["auto", "float32", "bfloat16"]

_PREFIX = "nemo.collections.asr.models."
_KINDS = {
    ("rnnt_bpe_models.EncDecRNNTBPEModel", True): (parakeet.ParakeetTDTArgs, parakeet.ParakeetTDT),
    ("rnnt_bpe_models.EncDecRNNTBPEModel", False): (parakeet.ParakeetRNNTArgs, parakeet.ParakeetRNNT),
    ("hybrid_rnnt_ctc_bpe_models.EncDecHybridRNNTCTCBPEModel", True): (
        parakeet.ParakeetTDTCTCArgs,
        parakeet.ParakeetTDTCTC,
    ),
    ("ctc_bpe_models.EncDecCTCModelBPE", False): (parakeet.ParakeetCTCArgs, parakeet.ParakeetCTC),
}
"""What a configuration's target and the presence of durations make of it."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A network ready to run; belongs to the thread that loaded it."""

    name: str
    network: Any
    """upstream's module"""
    front_end: FrontEndConfig
    vocabulary: tuple[str, ...]
    weights: Literal["float32", "bfloat16"]
    """arithmetic of the encoder; decoders always compute in float32"""

    @property
    def parameters(self) -> int:
        """How many numbers it has."""
        return sum(array.size for _, array in tree_flatten(self.network.parameters()))

    @property
    def kind(self) -> str:
        """TDT, RNNT, CTC or TDT-CTC."""
        return _KIND_NAMES[type(self.network)]


_KIND_NAMES = {
    parakeet.ParakeetTDT: "TDT",
    parakeet.ParakeetRNNT: "RNNT",
    parakeet.ParakeetCTC: "CTC",
    parakeet.ParakeetTDTCTC: "TDT-CTC",
}


def load_model(path: ModelPath, device: Device, weights: Weights = "auto") -> LoadedModel:
    """Read and place all weights.

    Raises:
        CannotStart: the files are not a model that can be run here; says why.
    """
    network, front_end = build_network(_read_config(path.directory / "config.json"), path.name)
    try:
        network.load_weights(str(path.directory / "model.safetensors"))
    except (ValueError, RuntimeError, OSError) as error:
        raise CannotStart(f"model {path.name}: the weights do not fit its config.json") from error
    return place_network(path.name, network, front_end, device, weights)


def place_network(
    name: str, network: Any, front_end: FrontEndConfig, device: Device, weights: Weights = "auto"
) -> LoadedModel:
    """Cast and evaluate a network: nothing may stay lazy, or another thread could not read it."""
    arithmetic: Literal["float32", "bfloat16"] = "bfloat16" if device.on_gpu else "float32"
    if weights != "auto":
        arithmetic = weights
    network.update(tree_map_with_path(partial(_cast, arithmetic), network.parameters()))
    network.eval()
    mx.eval(network.parameters())
    return LoadedModel(name, network, front_end, tuple(network.vocabulary), arithmetic)


def _cast(arithmetic: str, path: str, array: mx.array) -> mx.array:
    return array.astype(getattr(mx, arithmetic) if path.startswith("encoder.") else mx.float32)


def build_network(config: dict[str, Any], name: str) -> tuple[Any, FrontEndConfig]:
    """The network a configuration describes, with weights yet to come.

    Upstream's own builder is not used because it builds a filterbank with librosa: four seconds of imports.
    """
    target = str(config.get("target", "")).removeprefix(_PREFIX)
    has_durations = config.get("model_defaults", {}).get("tdt_durations") is not None
    if (target, has_durations) not in _KINDS:
        raise CannotStart(f"model {name}: its config.json describes no Parakeet model that is supported here")
    arguments, network = _KINDS[target, has_durations]
    try:
        args = from_dict(arguments, config, Config(type_hooks={PreprocessArgs: _read_front_end}))
        _check(args, name)
        return network(args), args.preprocessor
    except (DaciteError, AssertionError, NotImplementedError, ValueError, TypeError) as error:
        raise CannotStart(f"model {name}: its config.json cannot be used: {error}") from error


def _read_front_end(section: dict[str, Any]) -> FrontEndConfig:
    return from_dict(FrontEndConfig, section)


def _check(args: Any, name: str) -> None:
    if args.preprocessor.sample_rate != RECOGNITION_RATE_HZ:
        raise CannotStart(
            f"model {name}: it wants {args.preprocessor.sample_rate} Hz, here speech has 16000 Hz"
        )
    frame_samples = args.preprocessor.hop_length * args.encoder.subsampling_factor
    if frame_samples != ENCODER_FRAME_SAMPLES:
        raise CannotStart(
            f"model {name}: its encoder frames are {frame_samples} samples long, not {ENCODER_FRAME_SAMPLES}"
        )
    if not args.encoder.self_attention_model.startswith("rel_pos"):
        raise CannotStart(f"model {name}: attention {args.encoder.self_attention_model} is not supported")
    args.encoder.self_attention_model = "rel_pos"  # windows are shorter than any local context


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotStart(f"model configuration {path} cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise CannotStart(f"model configuration {path} is no JSON object")
    return config
