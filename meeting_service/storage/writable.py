"""Whether anything can be written now: asked often, tried now and then."""

import asyncio
from collections.abc import Awaitable, Callable

from meeting_service.clock import Clock
from meeting_service.errors import StorageFailed

FRESH_S = 5.0
"""how long an answer holds"""
PATIENCE_S = 2.0
"""a write that takes longer is one that does not work"""


class WritableCheck:
    """The last answer, and how to find out anew. Belongs to one event loop.

    However many ask, one write every few seconds waits in the writers' queue like any other.
    """

    def __init__(self, write: Callable[[], Awaitable[None]], clock: Clock) -> None:
        self._write = write
        self._clock = clock
        self._asking = asyncio.Lock()
        self._asked_s: float | None = None
        self._writable = False

    async def ask(self) -> bool:
        """Whether something could be written at most a few seconds ago."""
        async with self._asking:
            if self._asked_s is None or self._clock.monotonic_s() - self._asked_s >= FRESH_S:
                self._writable = await self._try()
                self._asked_s = self._clock.monotonic_s()
        return self._writable

    async def _try(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._write()
        except (StorageFailed, TimeoutError):
            return False
        return True
