"""The whole service as tests of the web see it: all real but the recogniser, which says what it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from playwright.async_api import Browser, expect

from meeting_service.app import build_app
from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.clock import Clock
from meeting_service.meeting import Checkpoint, NewMeeting, Stream
from meeting_service.recognition import Unrecognised
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings, load_settings
from meeting_service.transcript import Draft, Sentence, Word
from meeting_service.web.keys import SESSIONS
from meeting_service.worker.messages import (
    Advanced,
    Behind,
    CloseStream,
    Command,
    Drafted,
    Finalized,
    Finished,
    FinishStream,
    OpenStream,
    Reply,
)
from tests.web.browser import PATIENCE_MS, Window, open_browser, open_window

expect.set_options(timeout=PATIENCE_MS)
Client = TestClient[Request, Application]
StartService = Callable[..., Awaitable["Service"]]
BIG = "somebody/big-model"
"""the other model of a service that has two"""


class ToldWorker:
    """A worker that hears nothing and says what a test tells it to; streams finish when they should."""

    def __init__(self) -> None:
        self.ready = True
        self.description = "told what to say"
        self.streams: dict[str, tuple[Stream, int]] = {}
        """by participant, with the run"""
        self.holds_back = False
        """whether streams are left unfinished"""
        self._replies: asyncio.Queue[Reply | None] = asyncio.Queue()
        self._unfinished: list[tuple[int, int]] = []
        self._heard: dict[int, Checkpoint] = {}
        self._sentences = 0
        self._lost = 0

    async def start(self) -> None:
        """Nothing to load."""

    async def stop(self) -> None:
        """End what it says."""
        self._replies.put_nowait(None)

    async def replies(self) -> AsyncIterator[Reply]:
        """All that it was told."""
        while (reply := await self._replies.get()) is not None:
            yield reply

    def send(self, command: Command) -> None:
        """Keep track of streams."""
        match command:
            case OpenStream(stream=stream, run=run):
                self.streams[stream.participant_id] = (stream, run)
            case FinishStream(stream_id=stream_id, through=through):
                self._unfinished.append((stream_id, through))
                if not self.holds_back:
                    self.let_go()
            case CloseStream(stream_id=stream_id):
                self.streams = {p: s for p, s in self.streams.items() if s[0].id != stream_id}

    def let_go(self) -> None:
        """Finish what was held back, and hold back no more."""
        self.holds_back = False
        while self._unfinished:
            stream_id, through = self._unfinished.pop()
            heard, run = self._heard.get(stream_id, Checkpoint(stream_id)), self._run_of(stream_id)
            heard = replace(heard, resume=max(heard.resume, through))
            self._replies.put_nowait(Advanced(stream_id, run, heard))
            self._replies.put_nowait(Finished(stream_id, run))

    def say(self, participant_id: str, start_ms: int, end_ms: int, text: str) -> None:
        """Make a sentence final; times are of the meeting."""
        stream, run = self.streams[participant_id]
        self._sentences += 1
        words = tuple(Word(word, start_ms, end_ms, 0.9) for word in text.split())
        sentence = Sentence(
            f"{stream.id}-{start_ms}-{self._sentences}", participant_id, start_ms, end_ms, text, 0.9, words
        )
        position = end_ms * RECOGNITION_RATE_HZ // 1000
        checkpoint = Checkpoint(stream.id, position, position, position - self._lost)
        self._heard[stream.id] = checkpoint
        nothing = Draft(participant_id, end_ms, end_ms, "")
        self._replies.put_nowait(Finalized(stream.id, run, (sentence,), nothing, checkpoint))

    def give_up(self, participant_id: str, start_ms: int, end_ms: int) -> None:
        """Make speech final without text; times are of the meeting, after the stream's start."""
        stream, run = self.streams[participant_id]
        start, end = ((ms - stream.anchor_ms) * RECOGNITION_RATE_HZ // 1000 for ms in (start_ms, end_ms))
        lost, nothing = (Unrecognised(start, end),), Draft(participant_id, end_ms, end_ms, "")
        self._lost += end - start
        checkpoint = Checkpoint(stream.id, end, end, end - self._lost)
        self._heard[stream.id] = checkpoint
        self._replies.put_nowait(Finalized(stream.id, run, (), nothing, checkpoint, unrecognised=lost))

    def draft(self, participant_id: str, start_ms: int, end_ms: int, text: str) -> None:
        """Replace a participant's draft."""
        stream, run = self.streams[participant_id]
        self._replies.put_nowait(Drafted(stream.id, run, Draft(participant_id, start_ms, end_ms, text)))

    def fall_behind(self, participant_id: str, behind_ms: int) -> None:
        """Say that a participant's text lags; 0 that it does no longer."""
        stream, run = self.streams[participant_id]
        self._replies.put_nowait(Behind(stream.id, run, behind_ms))

    def _run_of(self, stream_id: int) -> int:
        return next(run for stream, run in self.streams.values() if stream.id == stream_id)


class Service:
    """A running service with a client at it."""

    def __init__(self, client: Client, worker: ToldWorker) -> None:
        self.client = client
        self.worker = worker

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return str(self.client.make_url("/")).rstrip("/")

    def cut_connections(self) -> None:
        """Every connection breaks, as when a network does."""
        runner = self.client.server.runner
        assert runner is not None
        assert runner.server is not None
        for connection in runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    @property
    def sessions(self) -> SessionManager:
        """What the handlers speak to."""
        return self.client.app[SESSIONS]

    async def open_meeting(self, *participant_ids: str, meeting_id: str = "m") -> None:
        """A live meeting in which these participants have begun to send audio."""
        await self.sessions.create_meeting(NewMeeting(id=meeting_id, title="Planning"))
        for participant_id in participant_ids:
            await self.join(participant_id, participant_id.title(), meeting_id=meeting_id)

    async def join(self, participant_id: str, name: str, *, meeting_id: str = "m") -> None:
        """A participant begins to send."""
        found = await self.sessions.open_input(meeting_id, [participant_id], 16_000, names=[name])
        await found.append(np.zeros(1_600, np.int16), None)

    async def send_silence(self, participant_id: str, ms: int, *, meeting_id: str = "m") -> None:
        """More audio of a participant becomes durable, so that what is said of it survives a restart."""
        found = await self.sessions.open_input(meeting_id, [participant_id], 16_000)
        await found.append(np.zeros(16 * ms, np.int16), None)

    @asynccontextmanager
    async def heard(self, participant_id: str, peak: int) -> AsyncIterator[None]:
        """Meanwhile a participant of meeting `m` keeps sending what is as loud as that, 16-bit samples."""
        sender = await self.sessions.open_input("m", [participant_id], 16_000)

        async def send() -> None:
            while True:
                await sender.append(np.full(1_600, peak, np.int16), None)
                await asyncio.sleep(0.1)

        sending = asyncio.create_task(send(), name="sender")
        try:
            yield
        finally:
            sending.cancel()
            await asyncio.wait({sending})

    async def say(self, participant_id: str, start_ms: int, end_ms: int, text: str) -> None:
        """Make a sentence final and wait until it is stored and told; each participant's in order."""
        await self._tell(participant_id, lambda: self.worker.say(participant_id, start_ms, end_ms, text))

    async def give_up(self, participant_id: str, start_ms: int, end_ms: int) -> None:
        """Make speech final without text and wait until it is stored and told."""
        await self._tell(participant_id, lambda: self.worker.give_up(participant_id, start_ms, end_ms))

    async def _tell(self, participant_id: str, tell: Callable[[], None]) -> None:
        meeting_id = self.worker.streams[participant_id][0].meeting_id
        before = await self.sessions.store.last_seq(meeting_id)
        tell()
        with self.sessions.subscribe(meeting_id, before) as watcher:
            async with asyncio.timeout(PATIENCE_MS / 1_000):
                await anext(aiter(watcher))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The default settings with a data folder of the test's own."""
    return load_settings(overrides={"data": {"directory": tmp_path / "data"}})


@pytest.fixture
async def start_service(settings: Settings) -> AsyncIterator[StartService]:
    """Start a service; again on the same data folder once the one before is closed."""
    clients: list[Client] = []

    async def start(
        over: Settings | None = None, port: int | None = None, clock: Clock | None = None
    ) -> Service:
        worker = ToldWorker()
        client = TestClient(TestServer(build_app(over or settings, worker=worker, clock=clock), port=port))
        clients.append(client)
        await client.start_server()
        return Service(client, worker)

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def service(start_service: StartService) -> Service:
    """A service without meetings."""
    return await start_service()


@pytest.fixture
async def ended(start_service: StartService, settings: Settings) -> Service:
    """A service with two models and a meeting that has ended; what is read again is held back."""
    model = settings.model.model_copy(update={"others": (BIG,)})
    service = await start_service(settings.model_copy(update={"model": model}))
    await service.open_meeting("ann")
    await service.say("ann", 0, 900, "What was herd.")
    await service.sessions.end_meeting("m")
    service.worker.holds_back = True
    return service


@pytest.fixture
def client(service: Service) -> Client:
    """A client of it."""
    return service.client


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with open_browser() as opened:
        yield opened


@pytest.fixture
async def window(browser: Browser) -> AsyncIterator[Window]:
    """A window with scripts; at the end the page must have had nothing to complain about."""
    opened = await open_window(browser)
    yield opened
    assert opened.complaints == []
