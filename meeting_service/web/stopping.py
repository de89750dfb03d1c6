"""Stopping: whoever is at something long in a handler is told when the service goes down, in two steps."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import web

from meeting_service.errors import Overloaded

CLOSING: web.AppKey[asyncio.Event] = web.AppKey("closing", asyncio.Event)
"""first: no more audio is taken; what came is kept"""
STOPPING: web.AppKey[asyncio.Event] = web.AppKey("stopping", asyncio.Event)
"""then: whoever waits for text waits no longer"""

T = TypeVar("T")


def setup(app: web.Application) -> None:
    """Put the two steps into an application; who runs it takes them."""
    app[CLOSING] = asyncio.Event()
    app[STOPPING] = asyncio.Event()


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
