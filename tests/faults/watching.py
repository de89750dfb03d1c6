"""A meeting that many follow through a bad network, while what is said goes in undisturbed."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession

from tests.faults import checker
from tests.faults.followers import watch, watch_by_client
from tests.faults.history import History
from tests.faults.proxy import FaultProxy, Faults
from tests.faults.room import PIECE, Room
from tests.faults.script import RATE_HZ, Take, make_script
from tests.faults.service import FaultService

CUT_BYTES = (150, 9_000)
"""a connection lives for so many: within the head of the answer, within an event, or after some"""


@dataclass(frozen=True, slots=True)
class Watched:
    """What came of it."""

    failures: Sequence[str]
    cuts: int
    restarts: int


class WatchedMeeting:
    """One meeting, one service, one proxy between it and its watchers. Owned by one event loop.

    Args:
        folder: its own.
        seconds: of audio of three participants.
        seed: of cuts and restarts.
    """

    def __init__(self, folder: Path, seconds: float, *, seed: int = 1) -> None:
        self.history = History()
        self.service = FaultService(folder)
        self._takes = [take for take in make_script(seconds) if not take.number][:3]
        self._chance = random.Random(seed)

    async def run(self, cuts: int, restarts: int) -> Watched:
        """Two watchers, until each connection was cut so often; SIGKILLs spread over what is said."""
        async with self.live() as (proxy, room):
            through = Room(proxy.url, room.http, self.history)
            watchers = [asyncio.create_task(watch(through)), asyncio.create_task(watch_by_client(through))]
            proxy.faults = Faults(cuts=self._cuts())
            for number in range(restarts + 1):
                await self.say(room, number, restarts + 1)
                await self._until_cut(proxy, cuts * (number + 1) // (restarts + 1))
                if number < restarts:
                    await self.service.kill()
                    await self.service.start()
            proxy.faults = Faults()
            proxy.reset_all()
            await room.end()
            await asyncio.gather(*watchers)
            transcript = await room.download("json")
        failures = [
            failure
            for who in ("watcher", "client")
            for failure in checker.check_watcher(self.history, who, transcript)
        ]
        return Watched(failures, proxy.connections, restarts)

    @asynccontextmanager
    async def live(self) -> AsyncIterator[tuple[FaultProxy, Room]]:
        """The service with an empty meeting, and the proxy in front of it; gone afterwards."""
        await self.service.start()
        try:
            async with FaultProxy(self.service.port) as proxy, ClientSession() as http:
                room = Room(self.service.url, http, self.history)
                await room.create()
                yield proxy, room
        finally:
            await self.service.close()

    async def say(self, room: Room, part: int = 0, parts: int = 1) -> None:
        """Post one of so many parts of everybody's audio."""
        for take in self._takes:
            length = len(take.pcm)
            for start in range(length * part // parts, length * (part + 1) // parts, 4 * PIECE):
                end = min(start + 4 * PIECE, length * (part + 1) // parts)
                await self._post(room, take, start, end)

    async def _post(self, room: Room, take: Take, start: int, end: int) -> None:
        headers = {
            "Content-Type": f"audio/pcm;rate={RATE_HZ};encoding=s16le",
            "Captured-At": take.captured_at.isoformat(),
            "Upload-Offset": str(start),
        }
        url = room.path(f"/participants/{take.participant}/audio")
        await room.ask("POST", url, data=take.pcm[start:end].tobytes(), headers=headers)

    async def _until_cut(self, proxy: FaultProxy, connections: int) -> None:
        """Return when so many connections were made; who reads to the end without being cut is cut off."""
        while proxy.connections < connections:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._chance.uniform(0.02, 0.1)):
                    await asyncio.Event().wait()
            proxy.reset_all()

    def _cuts(self) -> Iterator[int]:
        while True:
            yield self._chance.randint(*CUT_BYTES)
