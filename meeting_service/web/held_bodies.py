"""Bodies held in memory until all of them is there, and the memory they may take together. No I/O."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from meeting_service.errors import Overloaded, TooLarge

MAX_BODY_BYTES = 8 << 20
MAX_HELD_BYTES = 256 << 20
"""of all bodies at once"""


class HeldBody:
    """One of them. Owned by the request that reads it."""

    def __init__(self, bodies: "HeldBodies") -> None:
        self._bodies = bodies
        self.content = bytearray()

    def extend(self, data: bytes) -> None:
        """Hold what came next.

        Raises:
            TooLarge: this body is longer than any may be.
            Overloaded: others take what there is.
        """
        if len(self.content) + len(data) > MAX_BODY_BYTES:
            limit = f"with Content-Digest one request may carry {MAX_BODY_BYTES} bytes"
            raise TooLarge(f"{limit} (send it in pieces, or without)")
        self._bodies.take(len(data))
        self.content.extend(data)


class HeldBodies:
    """Owner of what all bodies take together. One event loop."""

    def __init__(self, most_bytes: int = MAX_HELD_BYTES) -> None:
        self._most = most_bytes
        self.held_bytes = 0

    @contextmanager
    def open(self) -> Iterator[HeldBody]:
        """A body, which is forgotten at the end."""
        body = HeldBody(self)
        try:
            yield body
        finally:
            self.held_bytes -= len(body.content)

    def take(self, count: int) -> None:
        """Count more bytes, or raise `Overloaded`."""
        if self.held_bytes + count > self._most:
            raise Overloaded("too many requests with Content-Digest are under way: send again in a moment")
        self.held_bytes += count


HELD_BODIES: web.AppKey[HeldBodies] = web.AppKey("held bodies", HeldBodies)


def setup(app: web.Application) -> None:
    """Put what all requests share into an application."""
    app[HELD_BODIES] = HeldBodies()
