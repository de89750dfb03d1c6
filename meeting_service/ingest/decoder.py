"""What every decoder is, and which one reads what."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from meeting_service.audio import Container, RawFormat
from meeting_service.ingest.compressed import CompressedDecoder
from meeting_service.ingest.raw import RawDecoder
from meeting_service.ingest.wav import WavDecoder

DEFAULT_MAX_S = 43_200.0

Decoded = NDArray[np.int16]
"""`(samples, channels)`, never empty"""


class Decoder(Protocol):
    """Reads one body, piece by piece. Belongs to one caller at a time; any thread.

    However the bytes are cut, the samples are the same. An error never takes good samples with it: a call
    that has both returns the samples, and the next one raises. So a caller who is done calls `finish`.
    After an error, or after `finish` has returned with nothing `pending`, only `close` may be called.

    A call returns a bounded amount. While `pending` is true there is more from the same bytes: call
    `feed(b"")`, or `finish()`, again.
    """

    @property
    def rate_hz(self) -> int | None:
        """Samples a second; None until the header is read."""
        ...

    @property
    def channels(self) -> int | None:
        """None until the header is read."""
        ...

    @property
    def pending(self) -> bool:
        """Whether the last call left samples, or an error, to be fetched by another one."""
        ...

    @property
    def remainder(self) -> bytes:
        """Raw PCM only: the bytes of an unfinished sample, to be given as `tail` to the next decoder."""
        ...

    def feed(self, data: bytes) -> list[Decoded]:
        """Samples that are complete with `data`. Takes as long as decoding does: not for the event loop.

        Raises:
            InvalidAudio: it cannot be decoded; the detail says where and why.
            TooLarge: it decodes to more than it may.
        """
        ...

    def finish(self) -> list[Decoded]:
        """The body is over: what was held back. Raises as `feed`, also for a body that was cut short."""
        ...

    def close(self) -> None:
        """Let go of everything; from any thread, at any time, more than once."""
        ...


def make_decoder(
    format: RawFormat | Container,  # noqa: A002 # the field's own word
    *,
    tail: bytes = b"",
    max_s: float = DEFAULT_MAX_S,
) -> Decoder:
    """The decoder for a format.

    Args:
        format: what `parse_media_type` found.
        tail: bytes of an unfinished sample that the body goes on with; raw PCM only.
        max_s: seconds of audio a compressed body may hold, however few its bytes are.
    """
    if isinstance(format, RawFormat):
        return RawDecoder(format, tail)
    if format is Container.WAV:
        return WavDecoder()
    return CompressedDecoder(format, max_s)
