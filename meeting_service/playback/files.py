"""A recording as the bytes of a file, block by block: memory does not grow with the meeting."""

from collections.abc import Iterator
from enum import StrEnum

from meeting_service.audio import Pcm
from meeting_service.playback.encoding import FLAC, OPUS, Encoder
from meeting_service.playback.mixing import OpenReading, mix
from meeting_service.playback.recording import Recording
from meeting_service.playback.wav import HEAD_BYTES, SAMPLE_BYTES, bytes_to_samples, count_bytes, write_head

BLOCK_S = 2
"""of audio that is read and made at once"""


class AudioFormat(StrEnum):
    """The forms in which audio can be taken away; also what their files' names end in."""

    WAV = "wav"
    FLAC = "flac"
    OPUS = "opus"

    @property
    def media_type(self) -> str:
        """As it is sent."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    AudioFormat.WAV: "audio/wav",
    AudioFormat.FLAC: "audio/flac",
    AudioFormat.OPUS: "audio/ogg; codecs=opus",
}
_CODINGS = {AudioFormat.FLAC: FLAC, AudioFormat.OPUS: OPUS}


def count_wav_bytes(recording: Recording) -> int:
    """How long the recording is as a WAV.

    Raises:
        TooLarge: longer than a WAV can be.
    """
    return count_bytes(recording.samples)


def read_wav(recording: Recording, open_reading: OpenReading, first: int, last: int) -> Iterator[bytes]:
    """Bytes `[first, last)` of the recording as a WAV. Each step may run in another thread.

    Raises:
        StorageFailed, AudioRemoved: from `open_reading` and what it opens.
    """
    if first < HEAD_BYTES:
        yield write_head(recording.rate_hz, recording.samples)[first:last]
    start, end = bytes_to_samples(first, last)
    at = HEAD_BYTES + start * SAMPLE_BYTES
    for pcm in _read(recording, open_reading, start, end):
        data = pcm.astype("<i2", copy=False).tobytes()
        yield data[max(first - at, 0) : last - at]
        at += len(data)


def encode(form: AudioFormat, recording: Recording, open_reading: OpenReading) -> Iterator[bytes]:
    """The recording as a whole file. Each step may run in another thread.

    Raises:
        TooLarge: longer than a WAV can be.
        StorageFailed, AudioRemoved: from `open_reading` and what it opens.
    """
    if form is AudioFormat.WAV:
        yield from read_wav(recording, open_reading, 0, count_wav_bytes(recording))
        return
    encoder = Encoder(_CODINGS[form], recording.rate_hz, recording.samples)
    for pcm in _read(recording, open_reading, 0, recording.samples):
        yield encoder.encode(pcm)
    yield encoder.finish()


def _read(recording: Recording, open_reading: OpenReading, start: int, end: int) -> Iterator[Pcm]:
    """Samples `[start, end)` of the recording's own, in blocks."""
    origin, block = recording.start, BLOCK_S * recording.rate_hz
    for first in range(origin + start, origin + end, block):
        with open_reading() as read:
            pcm = mix(recording, read, first, min(first + block, origin + end))
        yield pcm
