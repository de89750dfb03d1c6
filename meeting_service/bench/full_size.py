"""A Parakeet-TDT of the published size with weights from nowhere, for measuring what recognition costs.

24 layers of 1024, 128 mel bins, 8192 pieces, durations 0 to 4: the arithmetic of
`parakeet-tdt-0.6b-v3` without its download. Its decoder is biased so that it emits about as many tokens for
a second of speech as a trained one does; what they say means nothing.
"""

import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
from mlx.utils import tree_flatten
from numpy.typing import NDArray

from meeting_service.recogniser.device import Device, open_device
from meeting_service.recogniser.device_encoder import DeviceEncoder
from meeting_service.recogniser.features import FrontEnd
from meeting_service.recogniser.loading import LoadedModel, build_network, place_network
from meeting_service.recogniser.models import ModelPath
from meeting_service.recogniser.predictor import Predictor
from meeting_service.recogniser.recogniser import Recogniser
from meeting_service.recognition import Samples

NAME = "full-size"

_SEED = 600_000_000
_WIDTH, _LAYERS, _HEADS, _BINS = 1_024, 24, 8, 128
_PIECES, _PREDICTION, _DURATIONS = 8_192, 640, (0, 1, 2, 3, 4)
_BLANK_SHARE = 0.4
"""How often a frame that is looked at is a blank; with durations of 2.5 on average, 3 tokens a second."""
_RARE = 10.0
"""Taken from the score of duration 0, which trained models choose now and then."""
_BLANK_SPREAD = 8.0
"""How much further blank's score swings from frame to frame than a label's."""
_MIXING = 0.2
"""How much attention adds; random attention averages, and at full strength all frames would become one."""
_POOL = 15_485_863
"""Random numbers drawn; every matrix takes a stretch of them. Drawing each of them anew takes ten seconds."""
_CALIBRATION_S = 4

Vector = NDArray[np.float32]


def full_size_recogniser() -> Recogniser:
    """The full-size model, ready to recognise; belongs to the calling thread, takes a few seconds."""
    device = open_device()
    model = make_full_size_model(device)
    return Recogniser(model, device)


def make_full_size_model(device: Device) -> LoadedModel:
    """The model in memory: 2.4 GB on a CPU. The same weights every time on one machine."""
    return make_random_model(make_config(), device)


def make_random_model(config: dict[str, Any], device: Device) -> LoadedModel:
    """A TDT model of that configuration, its decoder biased to a speaker's pace."""
    network, front_end = build_network(config, NAME)
    network.load_weights(list(_draw(network).items()))
    model = place_network(NAME, network, front_end, device)
    _bias_decoder(model)
    return model


def write_full_size_model(directory: Path, config: dict[str, Any] | None = None) -> ModelPath:
    """Write the model as a folder that any process can load, 2.4 GB; kept if it is there already."""
    path = ModelPath(NAME, directory)
    weights = directory / "model.safetensors"
    if weights.is_file():
        return path
    directory.mkdir(parents=True, exist_ok=True)
    config = config or make_config()
    (directory / "config.json").write_text(json.dumps(config), encoding="utf-8")
    network = make_random_model(config, open_device()).network
    unfinished = weights.with_suffix(".part.safetensors")
    mx.save_safetensors(str(unfinished), dict(tree_flatten(network.parameters())))
    unfinished.rename(weights)
    return path


def make_speech_like(seconds: float, seed: int = 0) -> Samples:
    """Noise with the colour and the syllables of speech."""
    random = np.random.default_rng(seed)
    count = round(seconds * 16_000)
    spectrum = np.fft.rfft(random.standard_normal(count))
    spectrum /= 1.0 + (np.fft.rfftfreq(count, 1 / 16_000) / 500.0) ** 1.5
    noise = np.fft.irfft(spectrum, count)
    corners = random.uniform(0.05, 1.0, round(seconds * 9) + 2)  # four or five syllables a second
    envelope = np.interp(np.linspace(0, len(corners) - 1, count), np.arange(len(corners)), corners)
    speech: Samples = (0.1 * envelope * noise / noise.std()).astype(np.float32)
    return speech


def make_config() -> dict[str, Any]:
    """The model's `config.json`."""
    vocabulary = make_vocabulary()
    return {
        "target": "nemo.collections.asr.models.rnnt_bpe_models.EncDecRNNTBPEModel",
        "model_defaults": {"tdt_durations": list(_DURATIONS)},
        "preprocessor": {
            "sample_rate": 16_000,
            "normalize": "per_feature",
            "window_size": 0.025,
            "window_stride": 0.01,
            "window": "hann",
            "features": _BINS,
            "n_fft": 512,
            "dither": 1e-5,
        },
        "encoder": {
            "feat_in": _BINS,
            "n_layers": _LAYERS,
            "d_model": _WIDTH,
            "n_heads": _HEADS,
            "ff_expansion_factor": 4,
            "subsampling_factor": 8,
            "self_attention_model": "rel_pos",
            "subsampling": "dw_striding",
            "conv_kernel_size": 9,
            "subsampling_conv_channels": 256,
            "pos_emb_max_len": 5_000,
            "use_bias": False,
        },
        "decoder": {
            "blank_as_pad": True,
            "vocab_size": _PIECES,
            "prednet": {"pred_hidden": _PREDICTION, "pred_rnn_layers": 2},
        },
        "joint": {
            "num_classes": _PIECES,
            "vocabulary": vocabulary,
            "jointnet": {
                "joint_hidden": _PREDICTION,
                "activation": "relu",
                "encoder_hidden": _WIDTH,
                "pred_hidden": _PREDICTION,
            },
            "num_extra_outputs": len(_DURATIONS),
        },
        "decoding": {"model_type": "tdt", "durations": list(_DURATIONS), "greedy": {"max_symbols": 10}},
    }


def make_vocabulary() -> list[str]:
    """Pieces like a trained model's: six of ten begin a word, one of forty ends a sentence."""
    consonants, vowels = "bcdfghjklmnprstvwz", "aeiou"
    syllables = [a + b + c for c in ["", *consonants] for a in consonants for b in vowels]
    pieces = [
        "▁" * (i % 10 < 6) + syllables[i % len(syllables)] + "." * (i % 40 == 39) for i in range(_PIECES)
    ]
    return [
        piece if i < len(syllables) else f"{piece}{i // len(syllables)}" for i, piece in enumerate(pieces)
    ]


def _draw(network: Any) -> dict[str, mx.array]:
    """Matrices that keep the size of what they multiply; what has one axis stays as it is by default."""
    random = np.random.Generator(np.random.SFC64(_SEED))
    pool = mx.array(random.random(_POOL, np.float32) - np.float32(0.5)) * 12**0.5  # uniform, variance 1
    pool = mx.concatenate([pool, pool])
    drawn = {}
    for name, array in tree_flatten(network.parameters()):
        if array.ndim > 1:
            start = int(random.integers(_POOL))
            spread = 1.0 if "embed" in name else (array.size / array.shape[0]) ** -0.5
            if "linear_out" in name:
                spread *= _MIXING
            drawn[name] = pool[start : start + array.size].reshape(array.shape) * spread
        elif name.endswith("bias"):
            drawn[name] = mx.zeros(array.shape)
        else:
            drawn[name] = array
    return drawn


def _bias_decoder(model: LoadedModel) -> None:
    """Set the joint network's biases so that labels and blanks come as often as in speech."""
    output, blank = model.network.joint.joint_net[-1], len(model.vocabulary)
    weight = np.array(output.weight)
    weight[blank] *= _BLANK_SPREAD
    logits = np.maximum(_see_speech(model), 0) @ weight.T
    bias = -logits.mean(axis=0)
    needed = (logits[:, :blank] + bias[:blank]).max(axis=1) - logits[:, blank]
    bias[blank] = np.quantile(needed, _BLANK_SHARE)
    bias[blank + 1] = -_RARE  # a label that covers nothing would be followed by another for ever
    output.weight, output.bias = mx.array(weight), mx.array(bias)
    mx.eval(output.parameters())


def _see_speech(model: LoadedModel) -> Vector:
    """What the joint network sees of some speech, after some labels, `(frames, joint)`."""
    mel = FrontEnd(model.front_end).log_mel(make_speech_like(_CALIBRATION_S))
    mel = mel[: len(mel) // 8 * 8]
    [encoded] = DeviceEncoder(model.network.encoder)(mel[None], [len(mel)])  # leaves the model as it is
    frames = np.array(model.network.joint.enc(encoded.astype(mx.float32)))
    predictor = Predictor(model.network)
    random, everyone = np.random.default_rng(_SEED), np.arange(len(frames))
    memory = predictor.recall([None] * len(frames))
    for _ in range(4):
        memory.move_on(everyone)
        predictor.read(memory, everyone, random.integers(0, len(model.vocabulary), len(frames)))
    seen: Vector = frames + memory.projection
    return seen
