"""Several channels of one participant to one."""

import numpy as np
from numpy.typing import NDArray

from meeting_service.audio import Pcm


def mix_down(pcm: NDArray[np.int16]) -> Pcm:
    """The mean of the channels of `(samples, channels)`, halves rounded up; one channel stays as it is."""
    channels = pcm.shape[1]
    if channels == 1:
        return pcm[:, 0]
    total = pcm.sum(axis=1, dtype=np.int64)
    mean: Pcm = ((2 * total + channels) // (2 * channels)).astype(np.int16)
    return mean
