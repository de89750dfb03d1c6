"""Sessions on parts that a test gives: a worker that only takes down, a ledger or a store with a will."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from meeting_service.audio import AudioChunk
from meeting_service.clock import Clock, SystemClock
from meeting_service.ledger import Ledger
from meeting_service.meeting import NewMeeting
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings
from meeting_service.storage import Store
from meeting_service.worker.messages import Command, Reply

T = TypeVar("T")


class DeafWorker:
    """Takes down what it is told and says what a test has it say."""

    ready = True
    description = "deaf"

    def __init__(self) -> None:
        self.told: list[Command] = []
        self._news = asyncio.Event()
        self.says: asyncio.Queue[Reply] = asyncio.Queue()

    async def start(self) -> None:
        """Nothing to load."""

    def send(self, command: Command) -> None:
        """Take it down."""
        self.told.append(command)
        self._news.set()

    async def wait_told(self, kind: type[T], wanted: Callable[[T], bool] = lambda _: True) -> T:
        """The latest command of a kind that is wanted, once there is one."""
        async with asyncio.timeout(20):
            while True:
                self._news.clear()
                for command in reversed(self.told):
                    if isinstance(command, kind) and wanted(command):
                        return command
                await self._news.wait()

    async def replies(self) -> AsyncIterator[Reply]:
        """What the test says."""
        while True:
            yield await self.says.get()

    async def stop(self) -> None:
        """Nothing to end."""


class HeldLedger(Ledger):
    """Stores, but does not say so while it is held."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.asked, self.free = asyncio.Event(), asyncio.Event()
        self.free.set()

    def hold(self) -> None:
        """From now on pieces wait for their answer; `asked` says that one does, `free` lets them go."""
        self.asked.clear()
        self.free.clear()

    async def append(
        self, chunks: Sequence[AudioChunk], tails: Mapping[int, bytes] | None = None
    ) -> dict[int, int]:
        """Store, then wait."""
        held = await super().append(chunks, tails)
        self.asked.set()
        await self.free.wait()
        return held


@asynccontextmanager
async def run_on(
    settings: Settings,
    worker: DeafWorker,
    *,
    ledger: type[Ledger] = Ledger,
    store: type[Store] = Store,
    clock: Clock | None = None,
) -> AsyncIterator[SessionManager]:
    """Sessions that are running."""
    clock = clock or SystemClock()
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


@asynccontextmanager
async def run_held(
    settings: Settings, worker: DeafWorker
) -> AsyncIterator[tuple[SessionManager, HeldLedger]]:
    """Sessions that are running, with a live meeting `m`, and their ledger, which can be held."""
    async with run_on(settings, worker, ledger=HeldLedger) as sessions:
        ledger = sessions.ledger
        assert isinstance(ledger, HeldLedger)
        await sessions.create_meeting(NewMeeting(id="m"))
        yield sessions, ledger
