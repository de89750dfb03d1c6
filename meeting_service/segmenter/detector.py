"""How likely a frame of audio is voice."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from meeting_service.recognition import Samples
from meeting_service.segmenter.silero import WIDTH, load_network

_GAIN = np.float32(4)
"""makes low voices audible to the network; loud ones, clipped by it, it hears no worse"""


class VoiceDetector(Protocol):
    """Hears one stream; what it says of a frame depends on that and the frames since its last reset."""

    def probabilities(self, frames: Samples) -> Sequence[float]:
        """How likely each of the frames that come next, `(frames, 512)`, is voice: 0 to 1.

        The same to the last bit, however the frames are divided among calls.
        """
        ...

    def reset(self) -> None:
        """Forget everything heard."""
        ...


class SileroDetector:
    """The Silero network with its memory of one stream. Not for several threads.

    Raises:
        CannotStart: the network's weights cannot be had.
    """

    def __init__(self) -> None:
        self._network = load_network()
        self.reset()

    def reset(self) -> None:
        """Forget everything heard."""
        self._output = np.zeros(WIDTH, np.float32)
        self._cell = np.zeros(WIDTH, np.float32)

    def probabilities(self, frames: Samples) -> Sequence[float]:
        """How likely each of the frames that come next, `(frames, 512)`, is voice: 0 to 1."""
        heard = self._network.hear(np.clip(frames * _GAIN, -1, 1))
        outputs = np.empty((len(frames), WIDTH), np.float32)
        for gates, output in zip(heard, outputs, strict=True):
            self._network.follow(gates, self._output, self._cell)
            output[:] = self._output
        return self._network.judge(outputs)
