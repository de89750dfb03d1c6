"""What goes on in the background of the sessions, by name: stopped with them, and never failing unheard."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

import structlog

log = structlog.get_logger()


class Tasks:
    """Owner of the tasks that nobody waits for. Runs on the event loop only."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        """Begin; a failure is logged."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(_log_failure)
        return task

    async def stop(self) -> None:
        """Cancel all and wait for them."""
        for task in self._running:
            task.cancel()
        for task in tuple(self._running):
            with suppress(asyncio.CancelledError):
                await task


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("task_failed", task=task.get_name(), exc_info=error)
