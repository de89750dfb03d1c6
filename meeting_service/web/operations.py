"""What a route promises, declared at its handler; `/openapi.json` and `/docs` are made of these."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import BaseModel

from meeting_service.errors import MeetingServiceError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Header:
    """A header that is read or sent."""

    name: str
    detail: str
    schema: Mapping[str, object] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Reply:
    """One way a request succeeds."""

    detail: str
    shape: type[BaseModel] | None = None
    media: str | None = None
    """content type where it is not JSON of `shape`"""
    headers: Sequence[Header] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    summary: str
    replies: Mapping[int, Reply]
    """by status"""
    detail: str = ""
    tag: str = "Meetings"
    body: type[BaseModel] | None = None
    body_media: Sequence[str] = ()
    """content types of a body that is not JSON"""
    query: type[BaseModel] | None = None
    headers: Sequence[Header] = ()
    errors: Sequence[type[MeetingServiceError]] = ()
    events: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    """what an event stream carries, by event"""


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the route table; pages and other things for people have no operation."""

    method: str
    path: str
    handler: Handler
    operation: Operation | None = None

    @property
    def in_api(self) -> bool:
        """Whether it is part of the versioned interface."""
        return self.path.startswith("/v1/")

    @property
    def takes_json(self) -> bool:
        """Whether a body is read as JSON."""
        media = self.operation.body_media if self.operation else ()
        return self.method in {"POST", "PUT", "PATCH"} and not media
