"""Kept audio that cannot be read any more is heard as a low buzz: silence would say that nobody spoke.

It is made of whole numbers and lies between fixed positions of the stream, so that it is the same however the
stream is read.
"""

from collections.abc import Callable

import numpy as np

from meeting_service.audio import Pcm
from meeting_service.errors import AudioDamaged
from meeting_service.playback.recording import Held
from meeting_service.resample import Source

ReadHeld = Callable[[int, int, int], Pcm]
"""Reads samples `[start, end)` of a stream, by its id, at its own rate; raises `AudioDamaged`."""

CELL_SAMPLES = 1_024
"""what is damaged in part is given up as a whole"""
BUZZ_HZ = 110
BUZZ_LEVEL = 1_000
"""30 dB below the loudest there is"""


def with_damage(read: ReadHeld, held: Held) -> Source:
    """What is held of a stream, with a buzz where that is damaged."""
    stream = held.stream

    def read_cell(first: int) -> Pcm:
        last = min(first + CELL_SAMPLES, held.through)
        try:
            return read(stream.id, first, last)
        except AudioDamaged:
            return buzz(first, last, stream.rate_hz)

    def source(start: int, end: int) -> Pcm:
        first = start - start % CELL_SAMPLES
        last = min(end + -end % CELL_SAMPLES, held.through)
        try:
            pcm = read(stream.id, first, last)
        except AudioDamaged:
            pcm = np.concatenate([read_cell(cell) for cell in range(first, last, CELL_SAMPLES)])
        return pcm[start - first : end - first]

    return source


def buzz(start: int, end: int, rate_hz: int) -> Pcm:
    """A square wave that is counted from the stream's start."""
    halves = np.arange(start, end, dtype=np.int64) * (2 * BUZZ_HZ) // rate_hz
    return np.where(halves % 2 == 0, BUZZ_LEVEL, -BUZZ_LEVEL).astype(np.int16)
