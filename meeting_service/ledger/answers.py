"""Answers from the writer's thread to those who wait on an event loop, many with one wake-up.

With a wake-up for each, two hundred streams that share a commit wake the loop two hundred times.
"""

import asyncio
from contextlib import suppress
from typing import Any

_Outcome = tuple["asyncio.Future[Any]", object, Exception | None]


class Answers:
    """Collects what a thread has to say to futures of any loop. Owned by that thread."""

    def __init__(self) -> None:
        self._due: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}

    def succeed(self, waiting: "asyncio.Future[Any]", result: object) -> None:
        """Answer; told with the next `deliver`. The first answer counts."""
        self._add(waiting, result, None)

    def fail(self, waiting: "asyncio.Future[Any]", error: Exception) -> None:
        """Answer with an error; told with the next `deliver`."""
        self._add(waiting, None, error)

    def deliver(self) -> None:
        """Tell everything that is due; who gave up, or whose loop is gone, is not told."""
        due, self._due = self._due, {}
        for loop, outcomes in due.items():
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(_settle, outcomes)

    def _add(self, waiting: "asyncio.Future[Any]", result: object, error: Exception | None) -> None:
        self._due.setdefault(waiting.get_loop(), []).append((waiting, result, error))


def _settle(outcomes: list[_Outcome]) -> None:
    for waiting, result, error in outcomes:
        if waiting.done():
            continue
        if error is None:
            waiting.set_result(result)
        else:
            waiting.set_exception(error)
