"""The service in this process, beside a command that uses it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import typer

from meeting_service.cli.console import INTERRUPTED

if TYPE_CHECKING:
    from meeting_service.settings import Settings


class RunningService:
    """A service that is ready. It stops at SIGINT or SIGTERM, or when the context it came from is left."""

    def __init__(self, url: str, serving: "asyncio.Task[None]", stop: asyncio.Event) -> None:
        self.url = url
        self._serving = serving
        self._stop = stop

    async def do_beside(self, work: Coroutine[Any, Any, object]) -> None:
        """Do `work`, and give it up if the service stops first.

        Raises:
            typer.Exit: with 130 when it was given up.
        """
        task = asyncio.create_task(work, name="beside the service")
        try:
            await asyncio.wait({task, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()  # does nothing to a task that is done
            await asyncio.wait({task})
        # What fails while the service stops fails because of it.
        if task.cancelled() or (task.exception() and self._stop.is_set()):
            await self._serving
            raise typer.Exit(INTERRUPTED)
        task.result()

    async def wait_until_stopped(self) -> None:
        """Return when somebody has stopped the service."""
        await self._serving


@asynccontextmanager
async def run_service(settings: "Settings") -> AsyncIterator[RunningService]:
    """Start the service and stop it at the end.

    Raises:
        CannotStart: when it cannot be started.
    """
    from meeting_service.app import serve

    stop = asyncio.Event()
    ready = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(settings, ready.set_result, stop), name="service")
    try:
        await asyncio.wait({ready, serving}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            await serving
            raise typer.Exit(INTERRUPTED)
        yield RunningService(ready.result(), serving, stop)
    finally:
        stop.set()
        await asyncio.wait({serving})
    serving.result()
