"""From windows of audio to tokens: a pure function, batched; the only stage that imports MLX.

    Window ─► features ─► encoder ─► decoder (transducer, ctc, beam) ─► Hypothesis

- `models` finds and fetches a model's files, `loading` makes a network of them; `quantisation` is for weights
  of few bits.
- `features` is the front end the weights were trained on; `encoder` runs padded batches exactly, on a GPU in
  MLX (`device_encoder`, lengths from `shapes`), on a CPU in NumPy (`host_encoder`: `subsampling`, `blocks` of
  `tiles`, spread over the `cores`).
- `transducer`, `ctc` and `beam` (with `boosting`) choose labels, on a GPU `device_transducer`; `predictor` is
  the small networks of a transducer, with `products` that are the same in any batch.
- `recogniser` joins these; `thread` is the one thread it lives in.
- `blas` says what multiplies matrices on a CPU, `device` what follows from where MLX runs.

Importing this package is quick and does not load MLX; `Recogniser` and `load_recogniser` do.
"""

from typing import TYPE_CHECKING, Any

from meeting_service.recogniser.blas import Blas, describe_blas, load_blas
from meeting_service.recogniser.models import (
    KNOWN_MODELS,
    KnownModel,
    ModelPath,
    fetch_model,
    find_model,
    get_model,
    is_hub_reachable,
)
from meeting_service.recogniser.thread import Engine, EngineThread

if TYPE_CHECKING:
    from meeting_service.recogniser.recogniser import Recogniser, RecogniserInfo, load_recogniser

load_blas()  # before any module of this package imports MLX

__all__ = [
    "KNOWN_MODELS",
    "Blas",
    "Engine",
    "EngineThread",
    "KnownModel",
    "ModelPath",
    "Recogniser",
    "RecogniserInfo",
    "describe_blas",
    "fetch_model",
    "find_model",
    "get_model",
    "is_hub_reachable",
    "load_recogniser",
]


def __getattr__(name: str) -> Any:
    """What needs MLX is imported when it is asked for."""
    if name not in ("Recogniser", "RecogniserInfo", "load_recogniser"):
        raise AttributeError(name)
    from meeting_service.recogniser import recogniser

    return getattr(recogniser, name)
