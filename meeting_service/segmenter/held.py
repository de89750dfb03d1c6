"""The stretch of a stream that is still needed, addressed by position."""

import numpy as np

from meeting_service.recognition import Samples

_LEAST_CAPACITY = 1 << 14


class HeldAudio:
    """Samples `[start, end)` of a stream: grows at its end, is let go at its start.

    Not for several threads.
    """

    def __init__(self, start: int) -> None:
        self.start = start
        self.end = start
        self._array = np.empty(_LEAST_CAPACITY, np.float32)
        self._offset = 0

    @property
    def capacity_samples(self) -> int:
        """The room taken in memory."""
        return len(self._array)

    def append(self, samples: Samples) -> None:
        """Copy `samples`, `(samples,)`, behind what is held."""
        used = self.end - self.start
        if self._offset + used + len(samples) > len(self._array):
            self._move(2 * (used + len(samples)))
        at = self._offset + used
        self._array[at : at + len(samples)] = samples
        self.end += len(samples)

    def read(self, start: int, end: int) -> Samples:
        """The samples `[start, end)`, `(end - start,)`; a view that is valid until the next change.

        Raises:
            ValueError: some of them are not held.
        """
        if not self.start <= start <= end <= self.end:
            raise ValueError(f"samples {start} to {end} are not held, {self.start} to {self.end} are")
        at = self._offset + start - self.start
        return self._array[at : at + end - start]

    def discard_before(self, position: int) -> None:
        """Let go of everything before `position`."""
        position = min(max(position, self.start), self.end)
        self._offset += position - self.start
        self.start = position
        used = self.end - self.start
        if len(self._array) > 4 * max(used, _LEAST_CAPACITY):
            self._move(2 * used)

    def _move(self, capacity: int) -> None:
        array = np.empty(max(capacity, _LEAST_CAPACITY), np.float32)
        used = self.end - self.start
        array[:used] = self._array[self._offset : self._offset + used]
        self._array, self._offset = array, 0
