"""From a model's files to a network in memory, in the arithmetic of the device."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import mlx.core as mx
from dacite import Config, DaciteError, from_dict
from mlx.utils import tree_map_with_path
from parakeet_mlx import parakeet
from parakeet_mlx.audio import PreprocessArgs

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.errors import CannotStart
from meeting_service.recogniser.device import Device
from meeting_service.recogniser.features import FrontEndConfig
from meeting_service.recogniser.models import ModelPath
from meeting_service.recogniser.quantisation import (
    Bits,
    count_parameters,
    expand,
    prepare_published,
    quantise,
    size_bytes,
)
from meeting_service.recognition import ENCODER_FRAME_SAMPLES

Weights = Literal["auto", "float32", "bfloat16", "8bit", "4bit"]
"""What a weight may take. With few bits the rest computes as with "auto"."""

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
    """of the encoder: its arithmetic on a GPU; a CPU, like all decoders, computes in float32"""
    parameters: int
    """how many numbers it has"""
    bits: int | None
    """of each weight of the encoder's matrices; None for as many as the arithmetic has"""
    size_bytes: int
    """of all weights, where those of few bits are kept as such"""

    @property
    def precision(self) -> str:
        """Its arithmetic and its bits, for people."""
        return self.weights if self.bits is None else f"{self.weights} with weights of {self.bits} bits"

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
    config = _read_config(path.directory / "config.json")
    network, front_end = build_network(config, path.name)
    bits = _load_weights(network, path, config.get("quantization"))
    return place_network(path.name, network, front_end, device, weights, published_bits=bits)


def place_network(
    name: str,
    network: Any,
    front_end: FrontEndConfig,
    device: Device,
    weights: Weights = "auto",
    *,
    published_bits: int | None = None,
) -> LoadedModel:
    """Cast and evaluate a network: nothing may stay lazy, or another thread could not read it.

    Args:
        name: for people.
        network: upstream's module with its weights; changed in place.
        front_end: what its features are.
        device: where it will compute.
        weights: what they may take.
        published_bits: of the encoder's matrices, if they came in few; then they stay at that.
    """
    arithmetic = _arithmetic(device, weights)
    network.update(tree_map_with_path(partial(_cast, arithmetic), network.parameters()))
    network.eval()
    bits = _BITS.get(weights) if published_bits is None else None
    size = size_bytes(network, bits)
    expand(network, encoder_too=not device.on_gpu)
    if bits is not None:
        quantise(network.encoder, bits, keep=device.on_gpu)
    mx.eval(network.parameters())
    return LoadedModel(
        name,
        network,
        front_end,
        tuple(network.vocabulary),
        arithmetic,
        parameters=count_parameters(network),
        bits=bits or published_bits,
        size_bytes=size,
    )


_BITS: dict[str, Bits] = {"8bit": 8, "4bit": 4}


def _arithmetic(device: Device, weights: Weights) -> Literal["float32", "bfloat16"]:
    if weights == "float32" or weights == "bfloat16":
        return weights
    return "bfloat16" if device.on_gpu else "float32"


def _cast(arithmetic: str, path: str, array: mx.array) -> mx.array:
    if not mx.issubdtype(array.dtype, mx.floating):
        return array
    return array.astype(getattr(mx, arithmetic) if path.startswith("encoder.") else mx.float32)


def _load_weights(network: Any, path: ModelPath, section: Any) -> int | None:
    """Read the file of weights into the network; the bits of the encoder's matrices if they are few."""
    try:
        weights: Any = mx.load(str(path.directory / "model.safetensors"))
        if isinstance(section, dict):
            prepare_published(network, section, weights)
        network.load_weights(list(weights.items()))
    except (ValueError, TypeError, RuntimeError, OSError) as error:
        raise CannotStart(f"model {path.name}: the weights do not fit its config.json") from error
    return int(section["bits"]) if isinstance(section, dict) and "bits" in section else None


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
