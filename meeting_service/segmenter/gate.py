"""What is known of each frame, at no cost in lasting silence."""

import math
from dataclasses import dataclass

import numpy as np

from meeting_service.recognition import Samples
from meeting_service.segmenter.detector import VoiceDetector
from meeting_service.segmenter.rules import VOICE_FRAME_SAMPLES

QUIET_DB = -75.0
"""frames below this level (mean square, full scale 0) are no speech"""
GATE_FRAMES = 8
"""quiet frames in a row after which nobody is asked about more of them"""
WARM_UP_FRAMES = 6
"""silence given to the detector before sound: without any, Silero misses the onset of low voices"""

_LOUD_DB = -10.0
_SILENCE = np.zeros((1, VOICE_FRAME_SAMPLES), np.float32)


@dataclass(frozen=True, slots=True)
class VoiceFrame:
    """What is known of one frame."""

    probability: float
    weight: float
    """how bad a place this is to cut: voice probability plus loudness, each 0 to 1"""


_QUIET = VoiceFrame(0.0, 0.0)


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

    def hear(self, frames: Samples) -> list[VoiceFrame]:
        """What each of `frames`, `(frames, 512)`, is, following those before it."""
        levels_db = _levels_db(frames)
        rows = self._rows_to_ask(levels_db)
        if not rows:
            return [_QUIET] * len(frames)
        # The row behind the last is the silence that comes before sound.
        asked = np.concatenate([frames, _SILENCE])[rows]
        probabilities = dict(zip(rows, self._detector.probabilities(asked), strict=True))
        return [
            _QUIET if level_db < QUIET_DB else VoiceFrame(p := probabilities[row], p + _loudness(level_db))
            for row, level_db in enumerate(levels_db)
        ]

    def _rows_to_ask(self, levels_db: list[float]) -> list[int]:
        rows: list[int] = []
        for row, level_db in enumerate(levels_db):
            sound = level_db >= QUIET_DB
            closed = self._quiet_frames >= GATE_FRAMES
            if sound and closed:
                rows += [len(levels_db)] * WARM_UP_FRAMES
            if sound or not closed:
                rows.append(row)
            self._quiet_frames = 0 if sound else self._quiet_frames + 1
        return rows


def _levels_db(frames: Samples) -> list[float]:
    powers = np.vecdot(frames, frames).tolist()
    return [10 * math.log10(power / VOICE_FRAME_SAMPLES) if power > 0 else -math.inf for power in powers]


def _loudness(level_db: float) -> float:
    return min((level_db - QUIET_DB) / (_LOUD_DB - QUIET_DB), 1.0)
