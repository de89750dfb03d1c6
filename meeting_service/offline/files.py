"""An audio file, decoded piece by piece."""

from collections import deque
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from meeting_service.errors import InvalidAudio, InvalidRequest
from meeting_service.ingest import Decoder, make_decoder, sniff_container
from meeting_service.ingest.magic import describe

PIECE_BYTES = 65_536


class AudioFile:
    """Reads a WAV, FLAC, Ogg, WebM or MP3 file. Belongs to one caller at a time; blocks."""

    def __init__(self, path: Path) -> None:
        """Open it and decode its beginning.

        Raises:
            InvalidAudio: it cannot be read, or holds no audio.
        """
        self.path = path
        self.read_bytes = 0
        self._blocks: deque[NDArray[np.int16]] = deque()
        self._failure: InvalidAudio | None = None
        self._ended = False
        self._file = _open(path)
        try:
            self.size_bytes = path.stat().st_size
            self._decoder = self._make_decoder()
            self._check_audio()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def rate_hz(self) -> int:
        """Samples a second."""
        return self._decoder.rate_hz or 0

    @property
    def channels(self) -> int:
        """How many there are."""
        return self._decoder.channels or 0

    def read(self) -> NDArray[np.int16] | None:
        """The next samples, `(samples, channels)`; None at the end.

        Raises:
            InvalidAudio: the rest cannot be decoded; what came before is good.
        """
        while not self._blocks and not self._ended:
            self._decode_next()
        if self._blocks:
            return self._blocks.popleft()
        if self._failure is not None:
            raise self._failure
        return None

    def close(self) -> None:
        """Let go of the file and its decoder; harmless when done twice."""
        self._decoder.close()
        self._file.close()

    def _make_decoder(self) -> Decoder:
        head = self._file.read(PIECE_BYTES)
        self._file.seek(0)
        container = sniff_container(head)
        if container is None:
            raise InvalidAudio(f"{self.path} is not audio that can be read here: {describe(head[:64])}")
        return make_decoder(container)

    def _check_audio(self) -> None:
        while not self._blocks and not self._ended:
            self._decode_next()
        if not self._blocks:
            raise self._failure or InvalidAudio(f"{self.path} holds no audio")

    def _decode_next(self) -> None:
        try:
            if self._decoder.pending:
                decoded = self._decoder.feed(b"")
            elif data := self._file.read(PIECE_BYTES):
                self.read_bytes += len(data)
                decoded = self._decoder.feed(data)
            else:
                decoded = self._decoder.finish()
                self._ended = not self._decoder.pending
        except InvalidRequest as error:
            self._failure, self._ended = InvalidAudio(f"{self.path}: {error.detail}"), True
        except OSError as error:
            self._failure, self._ended = _unreadable(self.path, error), True
        else:
            self._blocks.extend(decoded)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InvalidAudio:
    return InvalidAudio(f"{path} cannot be read: {error.strerror}")
