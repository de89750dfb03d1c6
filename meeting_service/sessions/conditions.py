"""Finds out how the service is, and tells those who watch when that changes."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import structlog

from meeting_service import metrics
from meeting_service.broadcast import Broadcaster
from meeting_service.clock import Clock
from meeting_service.condition import TROUBLES, Condition
from meeting_service.errors import DiskFull, StorageFailed
from meeting_service.sessions.streams import LiveStreams
from meeting_service.sessions.writable import WritableCheck
from meeting_service.worker.home import Worker

log = structlog.get_logger()

LOOK_S = 0.5
"""how often it is seen whether something has failed; that writes nothing while all is well"""


class Storage(Protocol):
    """The ledger or the store."""

    @property
    def failure(self) -> StorageFailed | None:
        """Why the last write did not go well."""
        ...

    @property
    def damage(self) -> str | None:
        """What was found not to be as it was written; once found, for good."""
        ...

    async def check_writable(self) -> None:
        """Write something that changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the service can do its work, and if not, what is missing."""

    condition: Condition
    model: bool
    database: bool
    worker: bool
    detail: str

    def __bool__(self) -> bool:
        return self.model and self.database and self.worker


class Conditions:
    """Owner of what is known of the service's condition. Runs on the event loop only."""

    def __init__(
        self,
        ledger: Storage,
        store: Storage,
        worker: Worker,
        streams: LiveStreams,
        broadcaster: Broadcaster,
        clock: Clock,
    ) -> None:
        self._worker = worker
        self._streams = streams
        self._broadcaster = broadcaster
        self._checks = [
            (storage, WritableCheck(storage.check_writable, clock)) for storage in (ledger, store)
        ]
        self._failure: StorageFailed | None = None
        self._told = Condition.READY

    @property
    def current(self) -> Condition:
        """As far as is known without asking."""
        if self._failure is not None:
            full = isinstance(self._failure, DiskFull)
            return Condition.STORAGE_FULL if full else Condition.STORAGE_FAILING
        if not self._worker.ready:
            return Condition.RECOGNISER_DOWN
        if self._damage is not None:
            return Condition.STORAGE_DAMAGED
        return Condition.CATCHING_UP if self._streams.behind_ms else Condition.READY

    async def check(self) -> Readiness:
        """Find out, by writing unless that was done a moment ago."""
        found = [await check.find_failure() for _, check in self._checks]
        self._failure = next((failure for failure in found if failure), None)
        self._tell()
        ready = self._worker.ready
        return Readiness(self.current, ready, self._failure is None, ready, self._describe())

    async def follow(self) -> None:
        """Tell every change until cancelled; what has failed is tried until it works again."""
        while True:
            for storage, check in self._checks:
                if storage.failure is not None:
                    check.doubt()
            if self._failure or any(storage.failure for storage, _ in self._checks):
                await self.check()
            self._tell()
            await asyncio.sleep(LOOK_S)

    @property
    def _damage(self) -> str | None:
        return next((storage.damage for storage, _ in self._checks if storage.damage), None)

    def _tell(self) -> None:
        condition = self.current
        metrics.condition.state(condition)
        if condition is self._told:
            return
        if condition in TROUBLES or self._told in TROUBLES:
            log.warning("condition_changed", condition=condition.value, before=self._told.value)
        self._told = condition
        self._broadcaster.publish_condition(condition if condition in TROUBLES else Condition.READY)

    def _describe(self) -> str:
        if not self._worker.ready:
            return self._worker.description
        if self._failure is not None:
            return f"the data folder cannot be written: {self._failure.detail}"
        if self._damage is not None:
            return f"{self._damage}: meeting-service doctor says more, restore mends it"
        description, behind_ms = self._worker.description, self._streams.behind_ms
        return f"{description}; catching up, {behind_ms / 1000:.0f} s behind" if behind_ms else description
