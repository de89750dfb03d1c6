"""Which decoder answers a window: by the model's kind and the window's decoding configuration."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import mlx.core as mx
import numpy as np

from meeting_service.recogniser.beam import BeamTransducer
from meeting_service.recogniser.boosting import Booster
from meeting_service.recogniser.ctc import GreedyCtc
from meeting_service.recogniser.decoder import Decoder
from meeting_service.recogniser.device import Device
from meeting_service.recogniser.predictor import Predictor
from meeting_service.recogniser.transducer import GreedyTransducer, TransducerRules
from meeting_service.recognition import DecodingConfig

_REMEMBERED = 32
"""Beam decoders kept, one for each vocabulary in use."""


class Decoders:
    """The decoders of one model. A CTC model has its greedy one for every configuration."""

    def __init__(self, network: Any, pieces: Sequence[str], device: Device) -> None:
        self._pieces = tuple(pieces)
        self._predictor: Predictor | None = None
        if hasattr(network, "joint"):
            self._predictor = Predictor(network, mx if device.on_gpu else np)
            self._rules = TransducerRules.of(network)
            self._greedy: Decoder = GreedyTransducer(self._predictor, self._rules)
        else:
            self._greedy = GreedyCtc(network)
        self._beam = lru_cache(_REMEMBERED)(self._make_beam)

    def get(self, decoding: DecodingConfig) -> Decoder:
        """The decoder for `decoding`."""
        if decoding.method == "greedy" or self._predictor is None:
            return self._greedy
        return self._beam(self._predictor, decoding.beam_size, decoding.vocabulary)

    def _make_beam(self, predictor: Predictor, beam_size: int, vocabulary: tuple[str, ...]) -> Decoder:
        return BeamTransducer(predictor, self._rules, beam_size, Booster(vocabulary, self._pieces))
