"""Reads Server-Sent Events (HTML standard, section 9.2.6) that carry checksums. No I/O."""

import zlib
from dataclasses import dataclass, field

from meeting_service.errors import Corrupted


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event as it was dispatched."""

    kind: str
    data: str
    id: str | None
    """the id that stands with this event, unlike the standard's, which is inherited"""


@dataclass(slots=True)
class EventReader:
    """Collects lines until an empty one dispatches what they said."""

    _kind: str = ""
    _data: list[str] = field(default_factory=list)
    _id: str | None = None
    _told: str | None = None
    _crc32: int = 0

    def accept_line(self, line: bytes) -> ServerSentEvent | None:
        """Take a line with its end; returns an event when it is complete.

        Raises:
            Corrupted: an event's bytes are not those that `check`, its first field, was made of.
        """
        if self._told is None:
            if not line.startswith(b"check: "):
                raise Corrupted("an event begins without its checksum")
            self._told, self._crc32 = line[7:].decode(errors="replace").strip(), 0
            return None
        self._crc32 = zlib.crc32(line, self._crc32)
        if line == b"\n":
            return self._dispatch()
        self._take(line.rstrip(b"\n").decode(errors="replace"))
        return None

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._kind = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value

    def _dispatch(self) -> ServerSentEvent | None:
        if self._told != f"{self._crc32:08x}":
            raise Corrupted("an event is not the one that was sent")
        event = ServerSentEvent(self._kind or "message", "\n".join(self._data), self._id)
        self._kind, self._data, self._id, self._told = "", [], None, None
        return event if event.data else None
