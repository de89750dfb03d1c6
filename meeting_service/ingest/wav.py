"""WAV files and streams: RIFF, RF64 and BW64 with PCM, float, mu-law or A-law.

The header is believed where it agrees with itself. A data size of zero, of all ones or larger than what
comes means "until the end": that is how WAV is written to a pipe.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meeting_service.errors import InvalidAudio
from meeting_service.ingest import magic, samples
from meeting_service.ingest.media import check_channels, check_rate
from meeting_service.ingest.raw import FrameReader
from meeting_service.ingest.samples import SampleFormat

_MAX_FORMAT_BYTES = 4_096
_UNKNOWN_SIZE = 0xFFFFFFFF
_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")

_SAMPLE_FORMATS: dict[tuple[int, int], SampleFormat] = {
    (_PCM, 8): samples.U8,
    (_PCM, 16): samples.S16LE,
    (_PCM, 24): samples.S24LE,
    (_PCM, 32): samples.S32LE,
    (_FLOAT, 32): samples.F32LE,
    (_FLOAT, 64): samples.F64LE,
    (_ALAW, 8): samples.ALAW_8,
    (_MULAW, 8): samples.MULAW_8,
}


@dataclass(frozen=True, slots=True)
class WavFormat:
    """What a `fmt ` chunk says."""

    rate_hz: int
    channels: int
    sample_format: SampleFormat


class WavDecoder:
    """A `Decoder` of WAV. A body that ends before its declared size is taken as it is."""

    remainder = b""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._bytes_read = 0
        self._step: Callable[[], bool] = self._read_head
        self._skip_bytes = 0
        self._wide_data_bytes: int | None = None
        self._data_bytes: int | None = None
        self._format: WavFormat | None = None
        self._reader: FrameReader | None = None
        self._decoded: list[NDArray[np.int16]] = []

    @property
    def rate_hz(self) -> int | None:
        """None until the format is read."""
        return self._format.rate_hz if self._format else None

    @property
    def channels(self) -> int | None:
        """None until the format is read."""
        return self._format.channels if self._format else None

    @property
    def pending(self) -> bool:
        """Whether an error follows what was returned."""
        return self._reader is not None and self._reader.failure is not None

    def feed(self, data: bytes) -> list[NDArray[np.int16]]:
        """The samples that are complete with `data`; see `Decoder`."""
        if self._reader is not None and self._reader.failure is not None:
            raise self._reader.failure
        self._bytes_read += len(data)
        self._buffer += data
        while self._step():
            pass
        decoded, self._decoded = self._decoded, []
        return decoded

    def finish(self) -> list[NDArray[np.int16]]:
        """Nothing is held back.

        Raises:
            InvalidAudio: the body ended inside its header, or something in it was wrong.
        """
        if self._reader is None:
            if self._bytes_read < magic.ENOUGH_BYTES:
                raise InvalidAudio(f"not a WAV file: {magic.describe(bytes(self._buffer))}")
            raise InvalidAudio(f"the WAV file ends after {self._bytes_read} bytes, inside its header")
        if self._reader.failure is not None:
            raise self._reader.failure
        return []

    def close(self) -> None:
        """There is nothing to let go of."""

    # Each step reads one part of the file and says whether it got on; it names the step that follows.

    def _read_head(self) -> bool:
        if len(self._buffer) < 12:
            return False
        head = self._take(12)
        if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
            raise InvalidAudio(f"not a WAV file: {magic.describe(head)}")
        self._step = self._read_chunk
        return True

    def _read_chunk(self) -> bool:
        if len(self._buffer) < 8:
            return False
        name, size = bytes(self._buffer[:4]), int.from_bytes(self._buffer[4:8], "little")
        if name == b"data":
            self._take(8)
            self._begin_data(size)
        elif name in (b"fmt ", b"ds64"):
            return self._read_known_chunk(name, size)
        else:
            self._take(8)
            self._skip_bytes = size + size % 2
            self._step = self._skip
        return True

    def _read_known_chunk(self, name: bytes, size: int) -> bool:
        if size > _MAX_FORMAT_BYTES:
            raise InvalidAudio(f"the WAV header has a {name.decode().strip()} chunk of {size} bytes")
        if len(self._buffer) < 8 + size + size % 2:
            return False
        content = self._take(8 + size + size % 2)[8 : 8 + size]
        if name == b"fmt ":
            self._format = parse_format(content)
        elif size >= 16:
            self._wide_data_bytes = int.from_bytes(content[8:16], "little")
        return True

    def _skip(self) -> bool:
        skipped = min(self._skip_bytes, len(self._buffer))
        del self._buffer[:skipped]
        self._skip_bytes -= skipped
        if self._skip_bytes == 0:
            self._step = self._read_chunk
        return self._skip_bytes == 0

    def _begin_data(self, size: int) -> None:
        if self._format is None:
            raise InvalidAudio(
                "the WAV header does not say what its samples are: no fmt chunk before the data"
            )
        if size == _UNKNOWN_SIZE and self._wide_data_bytes is not None:
            size = self._wide_data_bytes
        self._data_bytes = None if size in (0, _UNKNOWN_SIZE) else size
        self._reader = FrameReader(self._format.sample_format, self._format.channels)
        self._step = self._read_data

    def _read_data(self) -> bool:
        """Samples until the data chunk ends; what follows it is not audio."""
        wanted = len(self._buffer) if self._data_bytes is None else min(self._data_bytes, len(self._buffer))
        data = self._take(wanted)
        if self._data_bytes is not None:
            self._data_bytes -= wanted
            if self._data_bytes == 0:
                self._buffer.clear()
        if self._reader is not None:
            self._decoded += self._reader.feed(data)
        return False

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def parse_format(content: bytes) -> WavFormat:
    """Read a `fmt ` chunk.

    Raises:
        InvalidAudio: it is too short, contradicts itself or is of a kind that is not read here.
    """
    if len(content) < 16:
        raise InvalidAudio(f"the WAV header has a fmt chunk of {len(content)} bytes; 16 are the least")
    tag, channels, rate_hz, byte_rate, block_align, bits = struct.unpack_from("<HHIIHH", content)
    if tag == _EXTENSIBLE:
        tag = _parse_extension(content)
    sample_format = _SAMPLE_FORMATS.get((tag, bits))
    if sample_format is None:
        raise InvalidAudio(
            f"WAV with format {tag} at {bits} bits is not read here; what is: PCM at 8, 16, 24 or 32 bits, "
            "float at 32 or 64, A-law and mu-law"
        )
    check_rate(rate_hz)
    check_channels(channels)
    _check("bytes per sample of all channels", block_align, channels * sample_format.width)
    if byte_rate:  # zero is left by writers that do not know; anything else must be true
        _check("bytes per second", byte_rate, rate_hz * block_align)
    return WavFormat(rate_hz, channels, sample_format)


def _parse_extension(content: bytes) -> int:
    if len(content) < 40 or content[26:40] != _GUID_TAIL:
        raise InvalidAudio("the WAV header has an extended format that is not read here")
    tag: Any = struct.unpack_from("<H", content, 24)[0]
    return int(tag)


def _check(what: str, said: int, is_: int) -> None:
    if said != is_:
        raise InvalidAudio(
            f"the WAV header contradicts itself: {said} {what}, but its other fields make {is_}"
        )
