"""A meeting while something is wrong with the service's disk, and what is left of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from meeting_service.exports import formats
from tests.faults import checker
from tests.faults.bots import play
from tests.faults.checker import Exports
from tests.faults.followers import watch, watch_by_client
from tests.faults.history import History
from tests.faults.room import PCM_TYPE, PIECE, Room
from tests.faults.script import Script
from tests.faults.service import FaultService

PATIENCE_S = 120.0
DOOMED = 4
LOOK_S = 0.05


@dataclass(slots=True)
class Troubled:
    """The service and what is seen of it. One event loop."""

    service: FaultService
    where: Room
    doomed: Sequence[Room]
    """meetings with some audio, to be deleted meanwhile"""
    failures: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    """what a watcher was told of the service"""

    def expect(self, fact: bool, failure: str) -> None:
        """Note a failure unless it is as it should be."""
        if not fact:
            self.failures.append(failure)

    async def readiness(self) -> dict[str, Any]:
        """What /readyz says."""
        async with self.where.http.get(f"{self.where.url}/readyz") as response:
            return {**await response.json(), "status": response.status}

    async def wait_for_state(self, *wanted: str) -> dict[str, Any]:
        """Return when /readyz says so.

        Raises:
            TimeoutError: it never does.
        """
        async with asyncio.timeout(30):
            while (said := await self.readiness())["state"] not in wanted:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S)  # what a supervisor can do is ask
        return said

    async def wait_until_told(self, state: str) -> None:
        """Return when the watcher was told, as the last thing.

        Raises:
            TimeoutError: it never is.
        """
        async with asyncio.timeout(30):
            while self.states[-1:] != [state]:  # noqa: ASYNC110 - another task hears it
                await asyncio.sleep(LOOK_S)

    async def check_reading(self) -> None:
        """What is kept can be read in every way, whatever is wrong with writing."""
        base = self.where.url
        paths = ["/", f"/meetings/{self.where.id}", f"/v1/meetings/{self.where.id}", "/metrics", "/healthz"]
        paths += [f"/v1/meetings/{self.where.id}/transcript.{name}" for name in ("json", "srt", "txt")]
        for path in paths:
            async with self.where.http.get(base + path) as response:
                self.expect(response.status == 200, f"{path} is {response.status} meanwhile")

    async def post(self) -> tuple[int, dict[str, Any]]:
        """Somebody posts a piece to another meeting: what is answered."""
        return await _post(self.doomed[-1])

    async def wait_for_audio(self, samples: int = 2 * PIECE) -> None:
        """Return when so much more was acknowledged to the first participant.

        Raises:
            TimeoutError: it never is.
        """
        history = self.where.history
        wanted = history.acknowledged("ann", 0) + samples
        async with asyncio.timeout(30):
            while history.acknowledged("ann", 0) < wanted:
                await history.wait()

    async def follow_states(self) -> None:
        """Note what a watcher is told of the service, until cancelled."""
        kind = ""
        async with self.where.http.get(self.where.path("/events"), timeout=None) as response:
            async for line in response.content:
                name, _, value = line.decode().rstrip().partition(": ")
                kind = value if name == "event" else kind
                if name == "data" and kind == "service":
                    self.states.append(json.loads(value)["state"])


Trouble = Callable[[Troubled], Awaitable[None]]


async def hold(
    service: FaultService, script: Script, trouble: Trouble, *, speed: float = 20.0
) -> tuple[Exports, list[str]]:
    """A meeting during which `trouble` happens and passes; its files, and all that was wrong.

    The service is stopped at the end; its data folder must be there until this returns.
    """
    history = History()
    async with service, ClientSession() as http:
        where = Room(service.url, http, history, speed)
        seen = Troubled(service, where, [await _make_doomed(where, i) for i in range(DOOMED)])
        await where.create()
        background = [asyncio.create_task(work) for work in (watch(where), watch_by_client(where))]
        states = asyncio.create_task(seen.follow_states())
        try:
            async with asyncio.timeout(PATIENCE_S):
                speaking = asyncio.create_task(play(script, where))
                await trouble(seen)
                await speaking
                await where.end()
                await asyncio.gather(*background)
                exports = {name: await where.download(name) for name in formats}
        finally:
            for task in (*background, speaking, states):
                task.cancel()
            await asyncio.gather(*background, speaking, states, return_exceptions=True)
            history.write(service.folder / "history.jsonl")
        seen.expect(await service.terminate() == 0, "SIGTERM did not end the service with 0")
    return exports, [*seen.failures, *_check(service.data, script, history, exports)]


async def hold_undisturbed(folder: Path, script: Script) -> Exports:
    """The files of a meeting in which nothing is wrong.

    Raises:
        AssertionError: something was wrong all the same.
    """

    async def nothing(_: Troubled) -> None:
        pass

    exports, failures = await hold(FaultService(folder), script, nothing)
    assert not failures, f"wrong without any trouble: {failures}"
    return exports


async def _make_doomed(where: Room, number: int) -> Room:
    made = Room(where.url, where.http, History(), meeting_id=f"doomed-{number}")
    await made.create()
    await _post(made)
    return made


async def _post(where: Room) -> tuple[int, dict[str, Any]]:
    url, headers = where.path("/participants/ann/audio"), {"Content-Type": PCM_TYPE}
    async with where.http.post(url, data=bytes(range(1, 251)) * PIECE, headers=headers) as response:
        return response.status, await response.json()


def _check(data: Path, script: Script, history: History, exports: Mapping[str, bytes]) -> list[str]:
    return [
        *checker.check_acknowledged(history),
        *checker.check_ledger(data, script, history),
        *checker.check_databases(data),
        *checker.check_watcher(history, "watcher", exports["json"]),
        *checker.check_watcher(history, "client", exports["json"]),
    ]
