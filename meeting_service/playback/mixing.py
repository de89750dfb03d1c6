"""What is heard at a time: the sum of everybody, each as loud as they were sent.

Usually one person speaks at a time, and then the sum is that person's samples, untouched. A gain that leaves
room for all would make everybody quieter with each who joins, and one that follows the loudness would make
samples depend on those before. So the sum is plain, and where several are so loud together that it leaves
16 bits it is cut off there.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np

from meeting_service.audio import Pcm
from meeting_service.playback.damage import ReadHeld, with_damage
from meeting_service.playback.recording import Recording
from meeting_service.recognition import Samples

OpenReading = Callable[[], AbstractContextManager[ReadHeld]]
"""Opens what reads kept audio, for one thread and one block, so that nobody waits for a long reader."""

_FULL_SCALE = 32_768


def mix(recording: Recording, read: ReadHeld, start: int, end: int) -> Pcm:
    """Samples `[start, end)` of the meeting at the recording's rate; silence where nobody is heard."""
    total = np.zeros(end - start, np.float32)
    for track in recording.tracks:
        first, last = max(start, track.start), min(end, track.end)
        if first < last:
            total[first - start : last - start] += track.resampler.read(
                with_damage(read, track.held),
                *(first - track.start, last - track.start),
                through=track.held.through,
                finished=track.held.stream.ended,
            )
    return _to_pcm(total)


def _to_pcm(samples: Samples) -> Pcm:
    scaled = np.rint(samples * np.float32(_FULL_SCALE))
    pcm: Pcm = scaled.clip(-_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    return pcm
