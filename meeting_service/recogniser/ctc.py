"""Greedy decoding of CTC models: the best label of every frame, repeats merged, blanks dropped."""

from collections.abc import Sequence
from typing import Any

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from meeting_service.recogniser.decoder import Decoded, Emission, Region
from meeting_service.recognition import DecoderState

_NO_STATE = np.zeros((0, 0), np.float32)


class GreedyCtc:
    """Reads labels frame by frame; all it carries on is the label of the last frame."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._blank = len(network.vocabulary)

    def decode(self, encoded: Sequence[mx.array], regions: Sequence[Region]) -> list[Decoded]:
        """See `Decoder`."""
        read = [self._read(frames) for frames in encoded]
        mx.eval(read)
        rows = zip(regions, read, strict=True)
        return [self._merge(region, np.array(best), np.array(certain)) for region, (best, certain) in rows]

    def _read(self, frames: mx.array) -> tuple[mx.array, mx.array]:
        """The best label of every frame and how certain it is, both `(frames,)`."""
        log_probabilities = self._network.decoder(frames.astype(mx.float32)[None])[0]
        entropy = -(mx.exp(log_probabilities) * log_probabilities).sum(axis=-1)
        confidence = 1.0 - entropy / float(np.log(log_probabilities.shape[-1]))
        return mx.argmax(log_probabilities, axis=-1), confidence

    def _merge(self, region: Region, labels: NDArray[Any], certain: NDArray[np.float32]) -> Decoded:
        """One row: `labels` and `certain` are `(frames,)`."""
        previous = None if region.state is None else region.state.last_token
        emissions: list[Emission] = []
        start = region.first
        while start < region.end:
            label = int(labels[start])
            stop = next((i for i in range(start, region.end) if labels[i] != label), region.end)
            if label not in (self._blank, previous):
                emissions.append(Emission(label, start, stop - start, float(certain[start:stop].mean())))
            previous, start = label, stop
        return Decoded(emissions, DecoderState(_NO_STATE, _NO_STATE, previous, 0))
