"""What goes on in the background of the sessions, by name: stopped with them, and never failing unheard."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")


class Tasks:
    """Owner of the tasks that nobody waits for, or need not wait for. Runs on the event loop only."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        """Begin; a failure is logged."""
        task = self._begin(work, name)
        task.add_done_callback(_log_failure)
        return task

    async def complete(self, work: Coroutine[Any, Any, T], name: str) -> T:
        """Do `work` to its end, also when its caller is cancelled; only `stop` cuts it short.

        What a sender began must not stop half-way because the sender left: audio would be held that the
        worker was never told of.
        """
        task = self._begin(work, name)
        task.add_done_callback(_see)
        return await asyncio.shield(task)

    async def stop(self) -> None:
        """Cancel all and wait for them."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def _see(task: asyncio.Task[Any]) -> None:
    """The caller is told of a failure; one that has left need not be."""
    if not task.cancelled():
        task.exception()


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("task_failed", task=task.get_name(), exc_info=error)
