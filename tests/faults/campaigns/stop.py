"""SIGTERM at random moments: everybody is told, it ends with 0 in time, the rest goes on after the start."""

import asyncio
import os
import random
import re
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from aiohttp import ClientSession

from meeting_service.audio import Pcm
from meeting_service.data_folder import STORE_FILE
from tests.faults import checker
from tests.faults.bots import play
from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.checker import Exports
from tests.faults.company import create_half, download, end_others, post_half, read_never
from tests.faults.followers import watch, watch_by_client
from tests.faults.history import History
from tests.faults.revising import check_revisions
from tests.faults.room import PCM_TYPE, Room
from tests.faults.script import RATE_HZ, Script, make_script
from tests.faults.service import DidNotStart, FaultService

WAYS = (
    "under load",
    "recogniser stalled",
    "database locked",
    "twice",
    "while starting",
    "while transcribing again",
)
FORMATS = ("json", "srt", "vtt", "txt", "csv")
SPEED = 8.0
IN_TIME_S = 20.0
AT_ONCE_S = 1.0
UP_S = (0.05, 1.2)
"""how long it runs before it is stopped again"""
STARTING_S = (0.3, 3.0)
"""the same for one that may not have got so far; before it can handle a signal the system does"""
STOPS_A_MEETING = 8
POLL_S = 0.01
_UNDISTURBED: dict[int, Exports] = {}
CHECKED = {"PYTHONWARNINGS": "always::ResourceWarning"}
"""has loose ends told in the log"""
_STREAM_IDS = re.compile(rb'("id": ")\d+')
_UNTIDY = re.compile(
    r"destroyed but it is pending|never retrieved|never awaited|unclosed|Traceback|ResourceWarning"
)


@dataclass
class Stops:
    """What came of all stops so far."""

    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    second_signals_s: list[float] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)


class Stopper:
    """Stops a service in one of many ways. Owned by one campaign.

    Args:
        service: that is stopped.
        chance: decides when.
        stops: gets what came of it.
        over: a meeting that has ended.
    """

    def __init__(self, service: FaultService, chance: random.Random, stops: Stops, over: Room) -> None:
        self._service = service
        self._chance = chance
        self._stops = stops
        self._over = over
        steps = (self._stop, self._stop_stalled, self._stop_locked, self._stop_twice, self._stop_starting)
        self._ways = dict(zip(WAYS, (*steps, self._stop_transcribing), strict=True))

    async def stop(self, way: str) -> None:
        """Stop it and start it again."""
        await asyncio.sleep(self._chance.uniform(*UP_S))
        await self._ways[way]()
        if not self._service.running:
            await self._service.start()

    async def _stop(self) -> None:
        await self._judge(self._service.terminate)

    async def _stop_stalled(self) -> None:
        self._service.steering.stall()
        await self._judge(self._service.terminate)
        self._service.steering.go_on()

    async def _stop_locked(self) -> None:
        with _locked(self._service.data / STORE_FILE):
            await self._judge(self._service.terminate)

    async def _stop_twice(self) -> None:
        family, process = _family(self._service), psutil.Process(self._service.pid)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(self._chance.uniform(0, 0.2))
        begun_s = time.monotonic()
        if self._service.running:
            process.send_signal(self._chance.choice((signal.SIGTERM, signal.SIGINT)))
        code = await self._service.wait_ended()
        self._stops.codes[code] += 1
        if code != 0:  # else it was over before the second one came
            self._note_second(time.monotonic() - begun_s)
        await self._check_gone(family)

    def _note_second(self, seconds: float) -> None:
        self._stops.second_signals_s.append(seconds)
        if seconds > AT_ONCE_S:
            self._stops.failures.append(f"a second signal took {seconds:.1f} s")

    async def _stop_starting(self) -> None:
        await self._judge(self._service.terminate)
        starting = asyncio.create_task(self._service.start(), name="start")
        await asyncio.wait({starting}, timeout=self._chance.uniform(*STARTING_S))

        async def terminate() -> int:
            os.kill(self._service.pid, signal.SIGTERM)
            await asyncio.wait({starting})
            return await self._service.wait_ended()

        await self._judge(terminate, (0, -signal.SIGTERM))
        if (error := starting.exception()) and not isinstance(error, DidNotStart):
            raise error

    async def _stop_transcribing(self) -> None:
        await self._over.ask("POST", self._over.path("/retranscribe"), accept=(409,))
        await asyncio.sleep(self._chance.uniform(0, 0.3))
        await self._judge(self._service.terminate)

    async def _judge(self, stop: Callable[[], Awaitable[int]], codes: tuple[int, ...] = (0,)) -> None:
        family = _family(self._service)
        begun_s = time.monotonic()
        code = await stop()
        seconds = time.monotonic() - begun_s
        self._stops.seconds.append(seconds)
        self._stops.codes[code] += 1
        if code not in codes:
            self._stops.failures.append(f"ended with {code}")
        if seconds > IN_TIME_S:
            self._stops.failures.append(f"took {seconds:.1f} s to end")
        await self._check_gone(family)

    async def _check_gone(self, family: list[psutil.Process]) -> None:
        deadline_s = time.monotonic() + AT_ONCE_S
        left = [process for process in family if _is_there(process)]
        while left and time.monotonic() < deadline_s:
            await asyncio.sleep(POLL_S)
            left = [process for process in left if _is_there(process)]
        for process in left:
            self._stops.failures.append(f"left a process behind: {process}")
            process.kill()


def _family(service: FaultService) -> list[psutil.Process]:
    return list(psutil.Process(service.pid).children(recursive=True))


def _is_there(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield


async def run(order: Order) -> Outcome:
    """Meetings one after another under load, each stopped several times."""
    chance, stops, script = random.Random(order.seed), Stops(), make_script()
    undisturbed = await hold_undisturbed(order.folder / "undisturbed", script)
    tried = 0
    while tried < order.size:
        ways = chance.choices(WAYS, k=min(STOPS_A_MEETING, order.size - tried))
        service = FaultService(order.folder / f"meeting-{tried}", environment=CHECKED)
        await hold_stopped(service, script, undisturbed, ways, chance, stops)
        tried += len(ways)
        order.say(f"   {tried} stops, {len(stops.failures)} failures")
    return Outcome(tried, stops.failures, _figures(stops))


async def hold_undisturbed(folder: Path, script: Script) -> Exports:
    """The files of a meeting that nobody disturbs; held once in a process, for each length of script."""
    length = sum(len(take.pcm) for take in script)
    if length not in _UNDISTURBED:
        _UNDISTURBED[length] = await _hold_undisturbed(folder, script)
    return _UNDISTURBED[length]


async def _hold_undisturbed(folder: Path, script: Script) -> Exports:
    async with FaultService(folder) as service, ClientSession() as http:
        where = Room(service.url, http, History(), SPEED)
        await where.create()
        return await meet(script, where)


async def hold_stopped(
    service: FaultService,
    script: Script,
    undisturbed: Exports,
    ways: Sequence[str],
    chance: random.Random,
    stops: Stops,
) -> None:
    """A meeting that is stopped in these ways, one after another; `stops` gets what came of it."""
    history = History()
    async with service, ClientSession() as http:
        where = Room(service.url, http, history, SPEED)
        over = await _hold_over(where, script[0].pcm[: 12 * RATE_HZ])
        await where.create()
        async with _company(where, service, script[0].pcm[: 12 * RATE_HZ]) as ended:
            meeting = asyncio.create_task(meet(script, where), name="meeting")
            stopper = Stopper(service, chance, stops, over)
            for way in ways:
                await stopper.stop(way)
            exports = await meeting
        stops.failures += [failure async for failure in check_revisions(over)]
        if len({await Room(service.url, http, history, meeting_id=o).download("txt") for o in ended}) > 1:
            stops.failures.append("meetings of the same audio have different text")
        stops.codes[await service.terminate()] += 1
    stops.failures += [
        *checker.check_acknowledged(history),
        *checker.check_exports(without_stream_ids(exports), without_stream_ids(undisturbed)),
        *checker.check_watcher(history, "watcher", exports["json"]),
        *checker.check_databases(service.data),
        *checker.check_told_is_stored(service.data, history),
        *checker.check_ledger(service.data, script, history),
        *([] if "code=restarting" in service.log else ["no socket was told that it restarts"]),
        *(f"untidy: {line}" for line in service.log.splitlines() if _UNTIDY.search(line)),
    ]


async def _hold_over(where: Room, pcm: Pcm) -> Room:
    """A short meeting that has ended."""
    over = Room(where.url, where.http, History(), meeting_id="over")
    await over.create()
    url = over.path("/participants/ann/audio")
    await over.ask("POST", url, data=pcm.tobytes(), headers={"Content-Type": PCM_TYPE})
    await over.end()
    return over


@asynccontextmanager
async def _company(where: Room, service: FaultService, pcm: Pcm) -> AsyncIterator[list[str]]:
    """All that goes on beside the meeting; gives the ids of meetings that have ended meanwhile."""
    ended: list[str] = []
    beside = (
        read_never(where, service.port),
        post_half(service.url, where.http),
        create_half(service.port),
        download(where, *FORMATS),
        end_others(service.url, where.http, pcm, ended),
    )
    tasks = [asyncio.create_task(work, name="company") for work in beside]
    try:
        yield ended
    finally:
        for task in tasks:
            task.cancel()
        for error in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(error, Exception):
                raise error


async def meet(script: Script, where: Room) -> Exports:
    """The meeting from its first word to its files, watched in two ways."""
    async with asyncio.TaskGroup() as group:
        group.create_task(watch(where), name="watcher")
        group.create_task(watch_by_client(where), name="watcher by client")
        await play(script, where)
        await where.end()
    return {name: await where.download(name) for name in FORMATS}


def without_stream_ids(exports: Exports) -> Exports:
    """Other meetings' streams come in between, by chance."""
    return {name: _STREAM_IDS.sub(rb"\1", file) for name, file in exports.items()}


def _figures(stops: Stops) -> dict[str, Any]:
    seconds = sorted(stops.seconds)
    middle = seconds[len(seconds) // 2]
    figures: dict[str, Any] = {"stop p50 s": round(middle, 1), "longest s": round(seconds[-1], 1)}
    if stops.second_signals_s:
        figures["second signal, longest ms"] = round(max(stops.second_signals_s) * 1000)
    figures["exit codes"] = {str(code): count for code, count in stops.codes.items()}
    return figures


CAMPAIGN = Campaign(
    "stop",
    promise=6,
    brief="SIGTERM at any moment under load",
    how="SIGTERM at random moments under load, also twice, while starting or transcribing again, "
    "with a recogniser or a database that hangs: exit code, time, processes left, every file compared",
    shown=("stop p50 s", "longest s"),
    run=run,
    size=100,
)
