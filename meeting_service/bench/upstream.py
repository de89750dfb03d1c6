"""parakeet-mlx as its users run it, on the same weights as this service's recogniser.

On a CPU it multiplies with the BLAS that `recogniser.blas` found for MLX, the recogniser with NumPy's own.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
from parakeet_mlx import from_pretrained
from parakeet_mlx.audio import get_logmel

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.bench.timing import cpu_seconds
from meeting_service.recogniser import ModelPath
from meeting_service.recogniser.device import open_device
from meeting_service.recognition import Samples

CONTEXT = (256, 256)
"""the context its users stream with"""
PUSH_SAMPLES = RECOGNITION_RATE_HZ
_LEAST_PUSH = 1_600
"""fewer samples than a frame or two make it fail"""


class Upstream:
    """A model run by parakeet-mlx alone. Belongs to the thread that made it."""

    def __init__(self, model: Any) -> None:
        self._model = model
        mx.eval(model.parameters())

    @classmethod
    def load(cls, path: ModelPath) -> "Upstream":
        """A model's folder, as `from_pretrained` loads it; in bfloat16 on a GPU, as there it is faster."""
        dtype = mx.bfloat16 if open_device().on_gpu else mx.float32
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it leaves the configuration's file open
            return cls(from_pretrained(str(path.directory), dtype=dtype))

    def transcribe(self, samples: Samples) -> str:
        """The text of a whole file, `(samples,)`, in one piece, as `transcribe` does it."""
        mel = get_logmel(mx.array(samples), self._model.preprocessor_config)
        text: str = self._model.generate(mel)[0].text
        return text

    def stream(self, streams: Sequence[Samples], from_s: float = 0.0) -> "Streamed":
        """Stream several participants' audio of one length, a second of each in turn.

        Without Metal upstream streams with its original attention only.

        Args:
            streams: `(samples,)` each.
            from_s: the audio before is pushed at once and its CPU time does not count.
        """
        live = [
            self._model.transcribe_stream(context_size=CONTEXT, keep_original_attention=True) for _ in streams
        ]
        first = round(from_s * RECOGNITION_RATE_HZ)
        _push(live, [samples[:first] for samples in streams])
        began = cpu_seconds()
        for start in range(first, len(streams[0]), PUSH_SAMPLES):
            _push(live, [samples[start : start + PUSH_SAMPLES] for samples in streams])
        return Streamed([stream.result.text for stream in live], cpu_seconds() - began)


@dataclass(frozen=True, slots=True)
class Streamed:
    """What upstream heard, stream by stream."""

    texts: Sequence[str]
    cpu_s: float


def _push(live: Sequence[Any], pieces: Sequence[Samples]) -> None:
    for stream, piece in zip(live, pieces, strict=True):
        if len(piece) >= _LEAST_PUSH:
            stream.add_audio(mx.array(piece))
