"""When a database is written anew, so that its pages hold nothing of what was deleted.

SQLite overwrites what it deletes. But where it moves rows between pages it leaves copies of them in the
unused middle of a page, and when those rows are deleted nothing overwrites the copies. So after deletions
every page is written anew. That this is due is kept in the database itself, with the deletion, and what a
process that was killed left undone is done after the next start.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from pathlib import Path
from shutil import disk_usage

import structlog

log = structlog.get_logger()

REST_S = 300.0
"""at least between one renewal, done or not, and the next"""
REST_SHARE = 100
"""how many times as long as a renewal took is rested after it, at least: writers wait while one runs"""


class Outcome(Enum):
    """Of an attempt."""

    NOT_DUE = auto()
    DONE = auto()
    FAILED = auto()


class Renewal:
    """Renews when asked to, not too often, until it is done. Belongs to one event loop.

    Args:
        attempt: to renew; never fails.
        rest_s: after an attempt.
    """

    def __init__(self, attempt: Callable[[], Awaitable[Outcome]], rest_s: float) -> None:
        self._attempt = attempt
        self._rest_s = rest_s
        self._asked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Something was deleted, now or at any time before."""
        self._asked.set()
        self._task = self._task or asyncio.create_task(self._run(), name="store renewal")

    async def close(self) -> None:
        """Begin no other attempt."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            begun_s = time.monotonic()
            outcome = await self._attempt()
            took_s = time.monotonic() - begun_s
            if outcome is Outcome.DONE:
                log.info("database_written_anew", seconds=round(took_s, 3))
            if outcome is Outcome.FAILED:
                self._asked.set()
            if outcome is not Outcome.NOT_DUE:
                await asyncio.sleep(max(self._rest_s, REST_SHARE * took_s))


def has_room(path: Path, kept_bytes: int) -> bool:
    """Whether the disk has room for the log and the temporary file of a renewal, and `kept_bytes` besides."""
    size, free = path.stat().st_size, disk_usage(path.parent).free
    if free >= 2 * size + kept_bytes:
        return True
    needed = (2 * size + kept_bytes) >> 20
    log.warning("deleted_text_stays", detail=f"in parts of {path}, until {needed} MB are free on its disk")
    return False
