"""FLAC and Ogg Opus, through PyAV, written from front to back. The same samples give the same file."""

import io
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

from meeting_service.audio import Pcm

_EXACT = "+bitexact"
"""no version, no time and no random number in the file"""
_LENGTH_AT = 18
"""where a FLAC's head has 8 bytes of which the last 36 bits are how many samples there are"""


@dataclass(frozen=True, slots=True)
class Coding:
    """How a file is encoded."""

    container: str
    codec: str
    options: dict[str, str]


FLAC = Coding("flac", "flac", {"compression_level": "3"})
# Tuned for music: tuned for calls, Opus leaves out what one does not need to understand a word.
OPUS = Coding("ogg", "libopus", {"application": "audio", "b": "40000", "compression_level": "5"})


class _Pipe(io.RawIOBase):
    """Takes what the encoder writes until somebody wants it."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


class Encoder:
    """Makes one file. For one thread at a time.

    Args:
        coding: how.
        rate_hz: of the samples.
        samples: how many there will be.
    """

    def __init__(self, coding: Coding, rate_hz: int, samples: int) -> None:
        self._pipe = _Pipe()
        self._container = av.open(
            self._pipe, "w", format=coding.container, options={"fflags": _EXACT, "flush_packets": "1"}
        )
        options = {"flags": _EXACT, **coding.options}
        self._stream = self._container.add_stream(coding.codec, rate=rate_hz, layout="mono", options=options)
        self._rate_hz = rate_hz
        self._position = 0
        self._length: int | None = samples if coding is FLAC else None
        """what the head still has to be told"""

    def encode(self, pcm: Pcm) -> bytes:
        """What is to be written once these samples have come, perhaps nothing."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm).reshape(1, -1), "s16", "mono")
        frame.sample_rate = self._rate_hz
        frame.pts, frame.time_base = self._position, Fraction(1, self._rate_hz)
        self._position += len(pcm)
        self._container.mux(self._stream.encode(frame))
        return self._take()

    def finish(self) -> bytes:
        """The end of the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._take()

    def _take(self) -> bytes:
        written = self._pipe.take()
        if written and self._length is not None:
            head = int.from_bytes(written[_LENGTH_AT : _LENGTH_AT + 8]) | self._length
            written = written[:_LENGTH_AT] + head.to_bytes(8) + written[_LENGTH_AT + 8 :]
            self._length = None
        return written
