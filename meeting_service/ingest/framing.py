"""Whether a body was cut short, judged by its own framing: what FFmpeg takes in silence."""

import struct
from typing import Protocol

from meeting_service.audio import Container

_OGG_HEAD = struct.Struct("<4s22xB")
_EBML = 0x1A45DFA3
_SEGMENT = 0x18538067


class Framing(Protocol):
    """Follows a body's outer structure without keeping it."""

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        ...

    @property
    def cut_short(self) -> bool:
        """Whether a body that ended here would lack something it announced."""
        ...


class NoFraming:
    """For containers that do not announce their end, or whose announcement is checked in samples."""

    cut_short = False

    def feed(self, data: bytes) -> None:
        """Nothing to follow."""


class OggFraming:
    """Pages one after another; a body may end only between two of them."""

    def __init__(self) -> None:
        self._head = b""
        self._skip_bytes = 0
        self._lost = False

    @property
    def cut_short(self) -> bool:
        """Within a page."""
        return not self._lost and (self._skip_bytes > 0 or bool(self._head))

    def feed(self, data: bytes) -> None:
        """Walk over the pages in it."""
        while data and not self._lost:
            skipped = min(self._skip_bytes, len(data))
            self._skip_bytes -= skipped
            self._head += data[skipped : skipped + _OGG_HEAD.size + 255]
            data = data[skipped + _OGG_HEAD.size + 255 :]
            data = self._read_head() + data

    def _read_head(self) -> bytes:
        """Take a whole page header off what is kept; what is left of it goes on."""
        if self._head and not b"OggS".startswith(self._head[:4]):
            self._lost = True
        if self._lost or len(self._head) < _OGG_HEAD.size:
            return b""
        size = _OGG_HEAD.size + _OGG_HEAD.unpack_from(self._head)[1]
        if len(self._head) < size:
            return b""
        rest, self._skip_bytes = self._head[size:], sum(self._head[_OGG_HEAD.size : size])
        self._head = b""
        return rest


class WebmFraming:
    """One segment after the header; a live one does not know its size, a file's does."""

    def __init__(self) -> None:
        self._head = b""
        self._seen_bytes = 0
        self._segment_end: int | None = None

    @property
    def cut_short(self) -> bool:
        """Before the end of the segment."""
        return self._segment_end is not None and self._seen_bytes < self._segment_end

    def feed(self, data: bytes) -> None:
        """Find the segment's size in the first bytes; then count."""
        self._seen_bytes += len(data)
        if len(self._head) < 4_096:
            self._head += data[:4_096]
            self._segment_end = find_segment_end(self._head)


def find_segment_end(head: bytes) -> int | None:
    """The length of a WebM body whose beginning this is; None if it is not known, or not yet."""
    position = 0
    for expected in (_EBML, _SEGMENT):
        if int.from_bytes(head[position : position + 4]) != expected:
            return None
        size = _read_vint(head[position + 4 : position + 12])
        if size is None:
            return None
        length, value = size
        position += 4 + length + value
    return position


def _read_vint(data: bytes) -> tuple[int, int] | None:
    """Length and value of an EBML size; None for one that is unknown or incomplete."""
    length = 9 - data[0].bit_length() if data else 9
    if length > 8 or len(data) < length:
        return None
    mask = (1 << 7 * length) - 1
    value = int.from_bytes(data[:length]) & mask
    return None if value == mask else (length, value)


def make_framing(container: Container) -> Framing:
    """What follows bodies of this kind."""
    match container:
        case Container.OGG:
            return OggFraming()
        case Container.WEBM:
            return WebmFraming()
    return NoFraming()
