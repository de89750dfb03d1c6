"""The committed recordings as the segmenter takes them."""

import numpy as np

from meeting_service.recognition import Samples
from tests.spoken import list_recordings

RECORDINGS = {recording.path.stem: recording for recording in list_recordings()}


def samples_of(name: str) -> Samples:
    """A recording's audio, `(samples,)`."""
    return (RECORDINGS[name].pcm / 32_768).astype(np.float32)


def frames_of(name: str) -> Samples:
    """Its whole frames, `(frames, 512)`."""
    samples = samples_of(name)
    return samples[: len(samples) // 512 * 512].reshape(-1, 512)
