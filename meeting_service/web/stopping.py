"""Stopping: whoever waits for a long time in a handler is told when the service goes down."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import web

from meeting_service.errors import Overloaded

STOPPING: web.AppKey[asyncio.Event] = web.AppKey("stopping", asyncio.Event)

T = TypeVar("T")


def setup(app: web.Application) -> None:
    """Tell everyone who waits, as soon as the service begins to stop."""
    app[STOPPING] = asyncio.Event()
    app.on_shutdown.append(_announce)


async def _announce(app: web.Application) -> None:
    app[STOPPING].set()


async def until_stopping(app: web.Application, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, unless the service stops first; then `work` is cancelled.

    Raises:
        Overloaded: the service stops; what was asked for goes on after its next start.
    """
    working = asyncio.create_task(work, name="work of a request")
    stopping = asyncio.create_task(app[STOPPING].wait(), name="wait for the stop")
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Overloaded("the service is restarting; ask again in a moment")
        return working.result()
    finally:
        working.cancel()
        stopping.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
