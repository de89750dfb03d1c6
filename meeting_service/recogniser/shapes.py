"""The few shapes windows are encoded in on a GPU: a ladder of lengths.

Every new shape costs a GPU its kernels and MLX a set of buffers; every frame of padding costs work. The
rung of a window follows from its own length alone.
"""

from bisect import bisect_left

LADDER_FRAMES = (13, 25, 38, 50, 63, 75, 100, 125, 150, 175, 200, 250)
"""Encoder frames of 80 ms: 1 to 20 s. Utterances of 2.4 s in the median are padded by 19 %; the eight rungs
of 1, 2, 4, 6, 8, 12, 16 and 20 s would pad them by 32 %, and twenty-one rungs by 17 %."""


def rung(frames: int) -> int:
    """The length `frames` encoder frames are padded to; beyond the ladder, multiples of its end."""
    index = bisect_left(LADDER_FRAMES, frames)
    if index < len(LADDER_FRAMES):
        return LADDER_FRAMES[index]
    return -(-frames // LADDER_FRAMES[-1]) * LADDER_FRAMES[-1]
