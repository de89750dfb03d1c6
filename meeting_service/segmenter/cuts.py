"""Where speech that does not pause is cut."""

from collections.abc import Sequence

import numpy as np

from meeting_service.segmenter.rules import VOICE_FRAME_SAMPLES

_REACH_FRAMES = 3
"""frames on either side that count, so that a closed consonant is no pause"""


def weakest_place(weights: Sequence[float], weights_start: int, places: range) -> int:
    """The one of `places` around which there is least voice; of equals the last.

    Args:
        weights: of voice frames one after another, see `VoiceFrame.weight`.
        weights_start: sample at which the first of them begins.
        places: samples to choose from, not empty.
    """
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(weights, np.float64))])
    centres = (np.asarray(places) - weights_start + VOICE_FRAME_SAMPLES // 2) // VOICE_FRAME_SAMPLES
    first = np.clip(centres - _REACH_FRAMES, 0, len(weights))
    after = np.clip(centres + _REACH_FRAMES, 0, len(weights))
    means = (sums[after] - sums[first]) / np.maximum(after - first, 1)
    return places[len(places) - 1 - int(np.argmin(means[::-1]))]
