"""Which decoder answers a window: by the model's kind and the window's decoding configuration."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

from meeting_service.recogniser.beam import BeamTransducer
from meeting_service.recogniser.boosting import Booster
from meeting_service.recogniser.ctc import GreedyCtc
from meeting_service.recogniser.decoder import Decoder
from meeting_service.recogniser.device import Device
from meeting_service.recogniser.device_transducer import DeviceTransducer
from meeting_service.recogniser.predictor import Predictor
from meeting_service.recogniser.transducer import GreedyTransducer, TransducerRules
from meeting_service.recognition import DecodingConfig

_REMEMBERED = 32
"""Beam decoders kept, one for each vocabulary in use."""


class Decoders:
    """The decoders of one model. A CTC model has its greedy one for every configuration."""

    def __init__(self, network: Any, pieces: Sequence[str], device: Device) -> None:
        self._network = network
        self._pieces = tuple(pieces)
        self._greedy = self._make_greedy(device)
        self._get_beam = lru_cache(_REMEMBERED)(self._make_beam)

    def get(self, decoding: DecodingConfig) -> Decoder:
        """The decoder for `decoding`."""
        if decoding.method == "greedy" or isinstance(self._greedy, GreedyCtc):
            return self._greedy
        return self._get_beam(decoding.beam_size, decoding.vocabulary)

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(self._network)

    def _make_greedy(self, device: Device) -> Decoder:
        if not hasattr(self._network, "joint"):
            return GreedyCtc(self._network)
        rules = TransducerRules.of(self._network)
        if device.on_gpu:
            return DeviceTransducer(self._network, rules, device.rows, compiled=True)
        return GreedyTransducer(self._predictor, rules)

    def _make_beam(self, beam_size: int, vocabulary: tuple[str, ...]) -> Decoder:
        """On the host even where there is a GPU: it would have to be asked for every step."""
        rules, booster = TransducerRules.of(self._network), Booster(vocabulary, self._pieces)
        return BeamTransducer(self._predictor, rules, beam_size, booster)
