"""Audits: whether every second of a stream is accounted for, looked at once all its text is final.

What does not add up is an error: logged, counted, kept with the stream, shown wherever its figures are.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from meeting_service import metrics
from meeting_service.accounting import Record, StreamAccount, audit
from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.errors import MeetingServiceError, NotFound
from meeting_service.ledger import Ledger
from meeting_service.storage import Store
from meeting_service.transcript import FIRST_REVISION

log = structlog.get_logger()


class Audits:
    """Owner of what is to be audited. Runs on the event loop only; one audit at a time.

    What could not be looked at, as storage failed, is taken up by the next start.
    """

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger
        self._due: dict[tuple[str, int], None] = {}
        """meetings and revisions with streams to look at, in order; at most one entry each"""
        self._wakeup = asyncio.Event()
        self._turn = asyncio.Lock()
        self.unaccounted_samples = 0
        """16 kHz samples of all meetings of which nobody knows what became, as far as was looked"""

    async def start(self) -> None:
        """Take up what no audit has seen."""
        self.unaccounted_samples = await self._store.sum_unaccounted()
        self._count()
        for meeting_id, revision in await self._store.list_unaudited():
            self.expect(meeting_id, revision)

    def expect(self, meeting_id: str, revision: int = FIRST_REVISION) -> None:
        """Streams of a meeting are finished: look at them soon."""
        self._due[meeting_id, revision] = None
        self._wakeup.set()

    async def follow(self) -> None:
        """Audit what is due until cancelled."""
        while True:
            await self._wakeup.wait()
            self._wakeup.clear()
            while self._due:
                meeting_id, revision = next(iter(self._due))
                await self.settle(meeting_id, revision)

    async def settle(self, meeting_id: str, revision: int = FIRST_REVISION) -> None:
        """Audit now what is due of a meeting; a failure is logged."""
        async with self._turn:
            if (meeting_id, revision) not in self._due:
                return
            del self._due[meeting_id, revision]
            try:
                await self._audit(meeting_id, revision, _is_new)
            except MeetingServiceError as error:
                log.warning("audit_failed", meeting=meeting_id, revision=revision, code=error.code)

    async def draw_up(self, meeting_id: str, revision: int = FIRST_REVISION) -> list[StreamAccount]:
        """The account of every stream of a meeting as of this moment, oldest first.

        What is found of finished streams is kept; what does not add up is told.

        Raises:
            StorageFailed: it cannot be read or kept.
        """
        async with self._turn:
            return await self._audit(meeting_id, revision, lambda _record: True)

    async def _audit(
        self, meeting_id: str, revision: int, which: Callable[[Record], bool]
    ) -> list[StreamAccount]:
        accounts = await self._look(meeting_id, revision, which)
        if any(account.findings for account in accounts):
            # Audio may have been removed between two looks; that it is to be is written down before.
            accounts = await self._look(meeting_id, revision, which)
        await self._keep(accounts, revision)
        return accounts

    async def _look(
        self, meeting_id: str, revision: int, which: Callable[[Record], bool]
    ) -> list[StreamAccount]:
        found = await self._store.list_records(meeting_id, revision)
        records = [record for record in found if which(record)]
        held = await self._ledger.take_inventories([record.stream.id for record in records])
        return [audit(record, held.get(record.stream.id)) for record in records]

    async def _keep(self, accounts: Sequence[StreamAccount], revision: int) -> None:
        if not accounts:
            return
        for account in accounts:
            record, found = account.record, account.unaccounted
            if record.finished and found != record.unaccounted_samples:
                with suppress(NotFound):  # deleted meanwhile
                    await self._store.note_unaccounted(record.stream.id, revision, found)
                    _tell(account, revision)
            elif not record.finished:
                _tell(account, revision)
        self.unaccounted_samples = await self._store.sum_unaccounted()
        self._count()

    def _count(self) -> None:
        metrics.unaccounted_seconds.set(self.unaccounted_samples / RECOGNITION_RATE_HZ)


def _is_new(record: Record) -> bool:
    return record.finished and record.unaccounted_samples is None


def _tell(account: StreamAccount, revision: int) -> None:
    if not account.findings:
        return
    stream = account.record.stream
    log.error(
        "audio_unaccounted",
        meeting=stream.meeting_id,
        stream=stream.id,
        revision=revision,
        seconds=account.unaccounted / RECOGNITION_RATE_HZ,
        faults={finding.fault.value: finding.samples for finding in account.findings},
    )
