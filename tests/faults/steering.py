"""Orders to the hashing recogniser in another process: a file in a folder each."""

import signal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meeting_service.recognition import Samples

STEERING = "MEETING_FAULTS_STEERING"
"""the environment variable that names the folder"""
MARK_SAMPLES = 1_600
_MARK_LEVEL = 0.95


class Steering:
    """What the recogniser is to do from its next call on; `go_on` takes everything back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def stall(self) -> None:
        """Answer nothing until `go_on`."""
        self._tell("stall")

    def slow(self, window_s: float) -> None:
        """Take so long for each window."""
        self._tell("slow", str(window_s))

    def die_on_mark(self, number: signal.Signals = signal.SIGABRT) -> None:
        """Die of a window that holds the mark: of a fault in native code, or for want of memory."""
        self._tell("die", str(int(number)))

    def die_hearing_mark(self) -> None:
        """Die in voice detection, of the mark."""
        self._tell("deafen")

    def hang_on_mark(self) -> None:
        """Answer nothing to a window that holds the mark."""
        self._tell("hang")

    def die_always(self) -> None:
        """Die of anything, silence included, as on a device that is broken."""
        self._tell("break")

    def fail_on_mark(self) -> None:
        """Fail at a window that holds the mark."""
        self._tell("fail")

    def go_on(self) -> None:
        """Recognise as usual."""
        for order in self.folder.iterdir():
            order.unlink(missing_ok=True)

    def _tell(self, order: str, value: str = "") -> None:
        (self.folder / order).write_text(value)


def mark() -> NDArray[np.int16]:
    """Audio that nothing else here holds, 0.1 s, `(samples,)` at 16 kHz: the louder half of full scale."""
    return np.tile(np.array([32_700, -32_700], np.int16), MARK_SAMPLES // 2)


def is_marked(samples: Samples) -> bool:
    """Whether a window holds the mark."""
    return bool(len(samples)) and float(np.abs(samples).max()) > _MARK_LEVEL


def read_told(folder: Path, order: str) -> str | None:
    """The value of an order; None if it was not given."""
    try:
        return (folder / order).read_text()
    except FileNotFoundError:
        return None
