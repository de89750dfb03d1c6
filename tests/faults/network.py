"""A meeting whose bots and watchers reach the service through a bad network only."""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiohttp import ClientSession

from meeting_service.audio import Encoding, RawFormat
from meeting_service.client import ConnectionReport, ConnectionState, MeetingClient, Patience, PostedStream
from meeting_service.exports import formats
from tests.faults import checker
from tests.faults.checker import Exports
from tests.faults.documented_bot import load_bot
from tests.faults.followers import watch, watch_by_client
from tests.faults.history import History, Kind
from tests.faults.proxy import HEALTHY, FaultProxy
from tests.faults.room import PIECE, Room
from tests.faults.script import RATE_HZ, By, Script, Take, make_script
from tests.faults.service import FaultService

HEADSTART = RATE_HZ
"""samples that are there before the network gets bad, so that streams have the same ids in every run"""
SILENCE_S = 2.0
PATIENCE = Patience(
    delays_s=(0.05, 0.1, 0.25),
    jitter_s=0.05,
    later_s=0.25,
    silence_s=SILENCE_S,
    event_silence_s=SILENCE_S + 1,
    buffer_s=10,
)
MEETING_PATIENCE_S = 300.0


@dataclass(slots=True)
class Stage:
    """What a weather plays with."""

    proxy: FaultProxy
    service: FaultService
    chance: random.Random
    over: asyncio.Event
    """set when everybody has said everything"""
    back_s: list[float] = field(default_factory=list)
    """from each `heal` until the client takes audio again"""
    _live: asyncio.Event = field(default_factory=asyncio.Event)

    async def last(self, seconds: float) -> None:
        """Wait so long, or until all is said."""
        try:
            async with asyncio.timeout(seconds):
                await self.over.wait()
        except TimeoutError:
            pass

    async def heal(self) -> None:
        """The network is well from now on; returns when the client takes audio again, or all is said."""
        self.proxy.faults = HEALTHY
        healed_s, lost = time.monotonic(), not self._live.is_set()
        over = asyncio.create_task(self.over.wait(), name="until all is said")
        live = asyncio.create_task(self._live.wait(), name="until the client is back")
        await asyncio.wait({over, live}, return_when=asyncio.FIRST_COMPLETED)
        if lost and live.done():
            self.back_s.append(time.monotonic() - healed_s)
        for task in (over, live):
            task.cancel()
        await asyncio.gather(over, live, return_exceptions=True)

    def note(self, report: ConnectionReport) -> None:
        """The client's connection has another state."""
        if report.state is ConnectionState.LIVE:
            self._live.set()
        else:
            self._live.clear()


Weather = Callable[[Stage], Coroutine[object, object, None]]
"""Makes the network bad until `over`; it is healed afterwards."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a meeting."""

    exports: Exports
    failures: Sequence[str]
    back_s: Sequence[float]
    connections: int


def make_network_script(seconds: float) -> Script:
    """Three who speak from the start: by our client's socket, by its requests, and by the documented bot."""
    ann, dan, *_ = make_script(seconds)
    other = make_script(seconds * 2)[2]
    return (
        replace(ann, by=By.CLIENT),
        replace(dan, participant="ben", by=By.POSTS, gap=None, pcm=ann.pcm[::-1].copy()),
        replace(other, participant="cleo", by=By.SOCKET, number=0, leaves=False, starts_s=0.0),
    )


def spread(times_s: Sequence[float]) -> str:
    """For people: median and most, in seconds."""
    return f"{statistics.median(times_s):.1f}, {max(times_s):.1f}" if times_s else "never lost"


class NetworkMeeting:
    """One meeting, one service, one proxy. Owned by one event loop.

    Args:
        folder: its own.
        seconds: of audio.
        seed: of the network.
        speed: how many times faster than people the bots speak.
        host: where the service listens; bots speak to it directly where there is no weather.
        prefix: a command to run the service under.
        watched: whether somebody follows who knows no checksums and waits long for what is dead.
    """

    def __init__(
        self,
        folder: Path,
        seconds: float,
        *,
        seed: int = 1,
        speed: float = 6.0,
        host: str = "127.0.0.1",
        prefix: Sequence[str] = (),
        watched: bool = True,
    ) -> None:
        self.history = History()
        self._host = host
        server = {"host": host, "insecure": host != "127.0.0.1"}
        self._service = FaultService(folder, prefix=prefix, server=server)
        self._script = make_network_script(seconds)
        self._seed = seed
        self._pause_s = PIECE / RATE_HZ / speed
        self._watched = watched

    async def run(self, weather: Weather | None = None) -> Result:
        """From the first word to the checks."""
        await self._service.start()
        try:
            to = FaultProxy(self._service.port, seed=self._seed, host=self._host)
            async with to as proxy, ClientSession() as http:
                stage = Stage(proxy, self._service, random.Random(self._seed), asyncio.Event())
                async with asyncio.timeout(MEETING_PATIENCE_S):
                    exports = await self._hold(http, stage, weather)
                await self._service.terminate()
        finally:
            await self._service.close()
            self.history.write(self._service.folder / "history.jsonl")
        return Result(exports, list(self._check(exports)), stage.back_s, stage.proxy.connections)

    async def _hold(self, http: ClientSession, stage: Stage, weather: Weather | None) -> Exports:
        direct = Room(f"http://{self._host}:{self._service.port}", http, self.history)
        through = Room(stage.proxy.url, http, self.history) if weather else direct
        await direct.create()
        for take in self._script:
            await self._post_headstart(take, direct)
        watchers: list[Coroutine[object, object, None]] = [watch_by_client(through)]
        watchers += [watch(through)] if self._watched else []
        background = [asyncio.create_task(watcher) for watcher in watchers]
        storm = asyncio.create_task(weather(stage)) if weather else None
        try:
            await self._speak(through, stage)
            stage.over.set()
            if storm:
                await storm
            await stage.heal()
            await direct.end()
            await asyncio.gather(*background)
        finally:
            for task in (*background, *([storm] if storm else [])):
                task.cancel()
            await asyncio.gather(*background, *([storm] if storm else []), return_exceptions=True)
        return {name: await direct.download(name) for name in formats}

    async def _post_headstart(self, take: Take, where: Room) -> None:
        headers = {
            "Content-Type": f"audio/pcm;rate={RATE_HZ};encoding=s16le",
            "Captured-At": take.captured_at.isoformat(),
        }
        data = take.pcm[:HEADSTART].tobytes()
        self._note(take, Kind.SENT, 0, HEADSTART)
        await where.ask(
            "POST", where.path(f"/participants/{take.participant}/audio"), data=data, headers=headers
        )

    async def _speak(self, where: Room, stage: Stage) -> None:
        async with asyncio.TaskGroup() as group:
            for take in self._script:
                match take.by:
                    case By.CLIENT:
                        playing = self._stream(take, where, stage)
                    case By.POSTS:
                        playing = self._post(take, where)
                    case By.SOCKET:
                        playing = self._run_documented_bot(take, where)
                group.create_task(playing, name=take.participant)

    async def _stream(self, take: Take, where: Room, stage: Stage) -> None:
        async with (
            MeetingClient(where.url, patience=PATIENCE, report=stage.note) as client,
            client.open_stream("m", take.participant, rate=RATE_HZ) as stream,
        ):
            await stream.ready()
            async for _, piece in self._pieces(take):
                await stream.write(piece)
                self._note(take, Kind.ACKNOWLEDGED, 0, stream.through)
            await stream.drain()
            self._note(take, Kind.ACKNOWLEDGED, 0, stream.through)

    async def _post(self, take: Take, where: Room) -> None:
        async with MeetingClient(where.url, patience=PATIENCE) as client:
            stream = PostedStream(client, "m", take.participant, RawFormat(Encoding.S16LE, RATE_HZ))
            async for start, piece in self._pieces(take):
                await stream.write(piece)
                self._note(take, Kind.ACKNOWLEDGED, 0, start + len(piece) // 2)

    async def _run_documented_bot(self, take: Take, where: Room) -> None:
        bot = load_bot(SILENCE_S)(where.url, "m", take.participant, RATE_HZ)
        async with asyncio.TaskGroup() as group:
            group.create_task(bot.run())
            async for _, piece in self._pieces(take):
                await bot.write(piece)
            async with bot.changed:
                bot.over = True
                bot.changed.notify_all()
        self._note(take, Kind.ACKNOWLEDGED, 0, len(take.pcm))

    async def _pieces(self, take: Take) -> AsyncIterator[tuple[int, bytes]]:
        for start in range(HEADSTART, len(take.pcm), PIECE):
            await asyncio.sleep(self._pause_s)
            piece = take.pcm[start : start + PIECE]
            self._note(take, Kind.SENT, start, start + len(piece))
            yield start, piece.tobytes()

    def _check(self, exports: Exports) -> Iterator[str]:
        data = self._service.data
        yield from checker.check_acknowledged(self.history)
        yield from checker.check_ledger(data, self._script, self.history)
        yield from checker.check_databases(data)
        yield from checker.check_watcher(self.history, "client", exports["json"])
        if self._watched:
            yield from checker.check_watcher(self.history, "watcher", exports["json"])

    def _note(self, take: Take, kind: Kind, start: int, end: int) -> None:
        self.history.note(take.participant, kind, take.participant, take.number, start, end)
