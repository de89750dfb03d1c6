"""Sessions on parts that a test gives: a worker that only takes down, a ledger or a store with a will."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from meeting_service.clock import SystemClock
from meeting_service.ledger import Ledger
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings
from meeting_service.storage import Store
from meeting_service.worker.messages import Command, Reply


class DeafWorker:
    """Takes down what it is told and says what a test has it say."""

    ready = True
    description = "deaf"

    def __init__(self) -> None:
        self.told: list[Command] = []
        self.says: asyncio.Queue[Reply] = asyncio.Queue()

    async def start(self) -> None:
        """Nothing to load."""

    def send(self, command: Command) -> None:
        """Take it down."""
        self.told.append(command)

    async def replies(self) -> AsyncIterator[Reply]:
        """What the test says."""
        while True:
            yield await self.says.get()

    async def stop(self) -> None:
        """Nothing to end."""


@asynccontextmanager
async def run_on(
    settings: Settings, worker: DeafWorker, *, ledger: type[Ledger] = Ledger, store: type[Store] = Store
) -> AsyncIterator[SessionManager]:
    """Sessions that are running."""
    clock = SystemClock()
    audio = ledger.open(settings.data.directory / "audio.db")
    texts = await store.open(settings.data.directory / "meetings.db", clock)
    sessions = SessionManager(settings, texts, audio, worker, clock)
    await sessions.start()
    try:
        yield sessions
    finally:
        await sessions.stop()
        await texts.close()
        await audio.close()
