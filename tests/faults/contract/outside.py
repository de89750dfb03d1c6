"""The service as a process of its own, with its recogniser in another, which can be killed."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Self

from meeting_service.audio import Pcm
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.ledger import LedgerReader
from meeting_service.settings import Settings, load_settings
from tests.faults.service import FaultService


class OutsideService:
    """As `InsideService`, but nobody tells when it is done with a request. Owned by one world."""

    follows = False
    """whether it can be known from here which requests it is at"""

    def __init__(self, service: FaultService) -> None:
        self._service = service
        self.settings: Settings = load_settings(overrides={"data": {"directory": service.data}})

    @classmethod
    def on(cls, folder: Path) -> Self:
        """A service that keeps its data in `folder`; each start is a fork."""
        return cls(FaultService(folder, forked=True))

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._service.running

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return self._service.url

    @property
    def port(self) -> int:
        """The same over restarts."""
        return self._service.port

    async def start(self) -> None:
        """Return when it is ready."""
        await self._service.start()

    async def stop(self) -> None:
        """SIGTERM, which must end it with 0."""
        assert await self._service.terminate() == 0

    async def crash(self) -> None:
        """SIGKILL."""
        await self._service.kill()

    async def close(self) -> None:
        """Leave no process behind."""
        await self._service.close()

    async def kill_worker(self) -> None:
        """SIGKILL to the recogniser, which comes back by itself."""
        self._service.kill_worker()

    async def wait_begun(self, tag: str) -> None:
        """Nothing to wait for: it may not have begun."""

    async def wait_over(self, tag: str) -> None:
        """Nothing to wait for: whoever must know stops the service."""

    async def stored(self, participant_id: str, meeting_id: str) -> list[Pcm]:
        """What the ledger holds of each of the participant's streams, oldest first."""
        return await asyncio.to_thread(self._read, participant_id, meeting_id)

    def _read(self, participant_id: str, meeting_id: str) -> list[Pcm]:
        folder = self._service.data
        of = "FROM streams WHERE meeting_id = ? AND participant_id = ? ORDER BY id"
        with closing(sqlite3.connect(f"{(folder / STORE_FILE).as_uri()}?mode=ro", uri=True)) as db:
            ids = [row[0] for row in db.execute(f"SELECT id {of}", (meeting_id, participant_id))]
        with closing(LedgerReader(folder / LEDGER_FILE)) as reader:
            found = {stream_id: reader.take_inventory(stream_id) for stream_id in ids}
            return [
                reader.read(i, 0, inventory.through if inventory else 0) for i, inventory in found.items()
            ]
