"""WAV: a head of fixed length, then samples. So its length is known beforehand, and where every byte is."""

import struct

from meeting_service.errors import TooLarge

HEAD_BYTES = 44
SAMPLE_BYTES = 2
_MAX_BYTES = (1 << 32) - 1
_HEAD = struct.Struct("<4sI4s4sIHHIIHH4sI")
_PCM = 1


def count_bytes(samples: int) -> int:
    """How long a file of so many samples is.

    Raises:
        TooLarge: longer than a WAV can be.
    """
    size = HEAD_BYTES + samples * SAMPLE_BYTES
    if size - 8 > _MAX_BYTES:
        raise TooLarge("a WAV holds 4 GiB, and this is more: ask for a span of time, or for FLAC or Opus")
    return size


def write_head(rate_hz: int, samples: int) -> bytes:
    """What comes before the samples."""
    data_bytes = samples * SAMPLE_BYTES
    return _HEAD.pack(
        *(b"RIFF", HEAD_BYTES - 8 + data_bytes, b"WAVE"),
        *(b"fmt ", 16, _PCM, 1, rate_hz, rate_hz * SAMPLE_BYTES, SAMPLE_BYTES, 8 * SAMPLE_BYTES),
        *(b"data", data_bytes),
    )


def bytes_to_samples(first: int, last: int) -> tuple[int, int]:
    """The samples, from the file's first on, that bytes `[first, last)` of the file are of."""
    start = max(first - HEAD_BYTES, 0) // SAMPLE_BYTES
    end = -(-max(last - HEAD_BYTES, 0) // SAMPLE_BYTES)
    return start, end
