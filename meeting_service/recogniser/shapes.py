"""The few shapes windows are encoded in: a ladder of lengths.

Every new shape costs a GPU its kernels and MLX a set of buffers; every frame of padding costs work. The
rung of a window follows from its own length alone.
"""

from bisect import bisect_left

LADDER_FRAMES = (13, 25, 38, 50, 63, 75, 100, 125, 150, 175, 200, 250)
"""Encoder frames, of 80 ms in every published model: 1 to 20 s."""


def rung(frames: int) -> int:
    """The length `frames` encoder frames are padded to; beyond the ladder, multiples of its end."""
    index = bisect_left(LADDER_FRAMES, frames)
    if index < len(LADDER_FRAMES):
        return LADDER_FRAMES[index]
    return -(-frames // LADDER_FRAMES[-1]) * LADDER_FRAMES[-1]
