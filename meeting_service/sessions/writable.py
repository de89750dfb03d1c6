"""Whether anything can be written now: asked often, tried now and then."""

import asyncio
from collections.abc import Awaitable, Callable

from meeting_service.clock import Clock
from meeting_service.errors import Overloaded, StorageFailed

FRESH_S = 5.0
"""how long the answer holds that it works"""
RETRY_S = 1.0
"""how long the answer holds that it does not"""
PATIENCE_S = 2.0
"""a write that takes longer is one that does not work"""


class WritableCheck:
    """The last answer, and how to find out anew. Belongs to one event loop.

    However many ask, one write every few seconds waits in the writers' queue like any other; while one has
    no answer there is no other.
    """

    def __init__(
        self, write: Callable[[], Awaitable[None]], clock: Clock, patience_s: float = PATIENCE_S
    ) -> None:
        self._patience_s = patience_s
        self._write = write
        self._clock = clock
        self._asking = asyncio.Lock()
        self._writing: asyncio.Task[None] | None = None
        self._old_s: float | None = None
        self._failure: StorageFailed | None = None

    async def find_failure(self) -> StorageFailed | None:
        """Why nothing could be written a moment ago; None if something could."""
        async with self._asking:
            if self._old_s is None or self._clock.monotonic_s() >= self._old_s:
                self._failure = await self._try()
                self._old_s = self._clock.monotonic_s() + (RETRY_S if self._failure else FRESH_S)
        return self._failure

    def doubt(self) -> None:
        """Something else could not be written: find out anew when asked next."""
        if self._failure is None:
            self._old_s = None

    async def _try(self) -> StorageFailed | None:
        if self._writing is None:
            self._writing = asyncio.create_task(self._attempt(), name="write to see whether it works")
        done, _ = await asyncio.wait({self._writing}, timeout=self._patience_s)
        if not done:
            return StorageFailed("the disk does not answer")
        writing, self._writing = self._writing, None
        try:
            writing.result()
        except StorageFailed as failure:
            return failure
        except Overloaded as overload:
            return StorageFailed(overload.detail)
        return None

    async def _attempt(self) -> None:
        await self._write()
