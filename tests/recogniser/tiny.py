"""Models of every kind with random weights, small enough to decode in milliseconds."""

from typing import Any, Literal

import mlx.core as mx
import numpy as np

from meeting_service.recogniser.device import Device
from meeting_service.recogniser.loading import LoadedModel, build_network, place_network

ONE_ROW = Device("cpu", 1)

Kind = Literal["TDT", "RNNT", "CTC", "TDT-CTC"]

WIDTH, BINS, PIECES = 32, 16, 20
_TARGETS = {
    "TDT": "rnnt_bpe_models.EncDecRNNTBPEModel",
    "RNNT": "rnnt_bpe_models.EncDecRNNTBPEModel",
    "CTC": "ctc_bpe_models.EncDecCTCModelBPE",
    "TDT-CTC": "hybrid_rnnt_ctc_bpe_models.EncDecHybridRNNTCTCBPEModel",
}
VOCABULARY = [("▁" if i % 3 == 0 else "") + chr(97 + i) for i in range(PIECES)]


def make_config(kind: Kind = "TDT", *, max_symbols: int | None = 4, bias: bool = True) -> dict[str, Any]:
    """A model's `config.json`, as it is published, with small numbers."""
    durations = [0, 1, 2, 3, 4] if kind.startswith("TDT") else None
    ctc = {"feat_in": WIDTH, "num_classes": PIECES, "vocabulary": VOCABULARY}
    joint = {"joint_hidden": WIDTH, "activation": "relu", "encoder_hidden": WIDTH, "pred_hidden": WIDTH}
    return {
        "target": "nemo.collections.asr.models." + _TARGETS[kind],
        "model_defaults": {"tdt_durations": durations} if durations else {},
        "preprocessor": make_preprocessor(features=BINS),
        "encoder": _encoder(bias),
        "decoder": ctc
        if kind == "CTC"
        else {
            "blank_as_pad": True,
            "vocab_size": PIECES,
            "prednet": {"pred_hidden": WIDTH, "pred_rnn_layers": 2},
        },
        "joint": {
            "num_classes": PIECES,
            "vocabulary": VOCABULARY,
            "jointnet": joint,
            "num_extra_outputs": len(durations or ()),
        },
        "decoding": {
            "model_type": "tdt",
            "durations": durations,
            "greedy": {"max_symbols": max_symbols} if max_symbols else None,
        },
        "aux_ctc": {"decoder": dict(ctc)},
    }


def make_preprocessor(**changes: Any) -> dict[str, Any]:
    """The `preprocessor` section all published models share, with changes."""
    return {
        "sample_rate": 16_000,
        "normalize": "per_feature",
        "window_size": 0.025,
        "window_stride": 0.01,
        "window": "hann",
        "features": 80,
        "n_fft": 512,
        "dither": 1e-5,
        **changes,
    }


def _encoder(bias: bool) -> dict[str, Any]:
    return {
        "feat_in": BINS,
        "n_layers": 2,
        "d_model": WIDTH,
        "n_heads": 4,
        "ff_expansion_factor": 2,
        "subsampling_factor": 8,
        "self_attention_model": "rel_pos",
        "subsampling": "dw_striding",
        "conv_kernel_size": 9,
        "subsampling_conv_channels": 8,
        "pos_emb_max_len": 5_000,
        "use_bias": bias,
    }


def make_model(kind: Kind = "TDT", seed: int = 0, **config: Any) -> LoadedModel:
    """A model whose weights are drawn from `seed`."""
    mx.random.seed(seed)
    network, front_end = build_network(make_config(kind, **config), "tiny")
    for layer in network.encoder.layers:  # zeros by default, and then positions would not matter
        layer.self_attn.pos_bias_u = mx.random.normal((4, WIDTH // 4)) * 0.3
        layer.self_attn.pos_bias_v = mx.random.normal((4, WIDTH // 4)) * 0.3
        layer.conv.batch_norm.running_mean = mx.random.normal((WIDTH,)) * 0.3
    return place_network("tiny", network, front_end, ONE_ROW)


def make_encoded(seed: int, rows: int, frames: int) -> list[mx.array]:
    """Encoder frames from nowhere, each row `(frames, width)`."""
    numbers = np.random.default_rng(seed).standard_normal((rows, frames, WIDTH)).astype(np.float32)
    return [mx.array(row) for row in numbers]
