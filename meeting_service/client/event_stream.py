"""Reads Server-Sent Events (HTML standard, section 9.2.6). No I/O."""

from dataclasses import dataclass, field


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

    def accept_line(self, line: str) -> ServerSentEvent | None:
        """Take a line without its end; returns an event when it is complete."""
        if line == "":
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._kind = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        event = ServerSentEvent(self._kind or "message", "\n".join(self._data), self._id)
        self._kind, self._data, self._id = "", [], None
        return event if event.data else None
