"""FLAC, Ogg, WebM and MP3."""

import numpy as np
from numpy.typing import NDArray

from meeting_service.audio import Container
from meeting_service.errors import UnsupportedMedia


class CompressedDecoder:
    """A `Decoder` of compressed audio."""

    remainder = b""
    rate_hz: int | None = None
    channels: int | None = None
    pending = False

    def __init__(self, container: Container, max_s: float) -> None:
        raise UnsupportedMedia(f"{container} is not read yet")

    def feed(self, data: bytes) -> list[NDArray[np.int16]]:
        """See `Decoder`."""
        return []

    def finish(self) -> list[NDArray[np.int16]]:
        """See `Decoder`."""
        return []

    def close(self) -> None:
        """See `Decoder`."""
