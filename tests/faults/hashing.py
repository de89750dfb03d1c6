"""A worker's child whose words are a hash of the audio; it stalls, slows down or dies when it is told to.

Run by the service as `python -m tests.faults.hashing FD`. It imports no MLX, so that it is there at once.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from meeting_service.errors import RecognitionFailed
from meeting_service.recognition import Hypothesis, Samples, Window
from meeting_service.worker.child import Models, run_child
from meeting_service.worker.messages import Configure
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.faults.steering import STEERING, is_marked, read_told


class HashingModels:
    """The one that hashes, whatever model is asked for."""

    def __init__(self) -> None:
        self._recogniser = FakeRecogniser()

    def recognise(self, windows: Sequence[Window], model: str | None = None) -> list[Hypothesis]:
        """What the audio hashes to."""
        return self._recogniser.recognise(windows)

    def describe(self) -> str:
        """For people."""
        return "hashing"


class SteeredModels:
    """Models under orders from outside: see `steering`. Owned by the engine's thread."""

    def __init__(self, folder: Path, models: Models) -> None:
        self._folder = folder
        self._models = models

    def recognise(self, windows: Sequence[Window], model: str | None = None) -> list[Hypothesis]:
        """What the models say, or what was ordered."""
        while read_told(self._folder, "stall") is not None:
            time.sleep(0.01)
        if slow_s := read_told(self._folder, "slow"):
            time.sleep(float(slow_s) * len(windows))
        if read_told(self._folder, "break") is not None:
            os.abort()
        if any(is_marked(window.samples) for window in windows):
            if number := read_told(self._folder, "die"):
                os.kill(os.getpid(), int(number))
                time.sleep(60)  # until it takes effect
            while read_told(self._folder, "hang") is not None:
                time.sleep(0.01)
            if read_told(self._folder, "fail") is not None:
                raise RecognitionFailed("told to fail")
        return self._models.recognise(windows, model)

    def describe(self) -> str:
        """For people."""
        return self._models.describe()


class SteeredDetector(LoudnessDetector):
    """The voice detector, under the same orders."""

    def probabilities(self, frames: Samples) -> list[float]:
        """How loud it is, or what was ordered."""
        if is_marked(frames) and read_told(Path(os.environ[STEERING]), "deafen") is not None:
            os.abort()
        return super().probabilities(frames)


def load(_configure: Configure) -> SteeredModels:
    """Models that need no loading."""
    return SteeredModels(Path(os.environ[STEERING]), HashingModels())


if __name__ == "__main__":
    run_child(load, SteeredDetector)
