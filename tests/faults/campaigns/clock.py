"""The service's wall clock leaps under a meeting, and its monotonic one as after a sleep: no word moves."""

import asyncio
import json
import os
import random
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from tests.faults import checker
from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.campaigns.stop import CHECKED, SPEED, hold_undisturbed, meet, without_stream_ids
from tests.faults.checker import Exports
from tests.faults.faked_clock import FakedClock
from tests.faults.history import History
from tests.faults.room import PCM_TYPE, Room
from tests.faults.script import RATE_HZ, Script, make_script
from tests.faults.service import FaultService

HOUR_S, DAY_S = 3_600, 86_400
LEAPS_S = (HOUR_S, -HOUR_S, DAY_S, -DAY_S, 2 * HOUR_S, 0)
BETWEEN_S = (1.0, 1.6)
"""long enough for the library to look at what it is told, which it does once a second"""
STILL_S = (1.0, 4.0)
LEAPS_A_MEETING = 6
NEAR_MS = 300_000
"""longer than any meeting here takes, shorter than any leap"""


class Way(StrEnum):
    """How it leaps."""

    AWAKE = "awake"
    """while everything goes on"""
    SUSPENDED = "suspended"
    """while the service, its recogniser or both stand still for some seconds, as when a lid is closed"""
    ASLEEP = "asleep"
    """and the monotonic clock with it"""


async def run(order: Order) -> Outcome:
    """Meetings with leaps at random, in each way by turns."""
    chance, script = random.Random(order.seed), make_script()
    undisturbed = await hold_undisturbed(order.folder / "undisturbed", script)
    failures: list[str] = []
    for number in range(-(-order.size // LEAPS_A_MEETING)):
        leaps = chance.choices(LEAPS_S, k=LEAPS_A_MEETING)
        way = tuple(Way)[number % len(Way)]
        found = await hold_leaping(order.folder / str(number), script, undisturbed, leaps, chance, way)
        failures += [f"leaps {leaps}, {way}: {failure}" for failure in found]
        order.say(f"   {(number + 1) * LEAPS_A_MEETING} leaps, {len(failures)} failures")
    return Outcome(order.size, failures, {})


async def hold_leaping(
    folder: Path,
    script: Script,
    undisturbed: Exports,
    leaps_s: Sequence[int],
    chance: random.Random,
    way: Way = Way.AWAKE,
) -> list[str]:
    """A meeting over which the clock leaps, the last time while the service is away; what is wrong."""
    sleeps, slept_s = way is Way.ASLEEP, [0]
    history, clock = History(), FakedClock(folder, sleeps=sleeps)
    service = FaultService(folder, environment={**clock.environment, **CHECKED})
    async with service, ClientSession() as http:
        where, beside = (Room(service.url, http, history, SPEED, name) for name in ("m", "arrivals"))
        await where.create()
        await beside.ask("POST", f"{service.url}/v1/meetings", json={"id": beside.id})
        meeting = asyncio.create_task(meet(script, where), name="meeting")
        for number, leap_s in enumerate(leaps_s):
            await asyncio.sleep(chance.uniform(*BETWEEN_S))
            if number == len(leaps_s) - 1 and (code := await service.terminate()):
                return [f"the service ended with {code}"]
            slept_s.append(abs(leap_s) + number * DAY_S if sleeps else 0)
            async with suspended(service, chance) if way is Way.SUSPENDED else nullcontext():
                clock.set(slept_s[-1] or leap_s)
            if not service.running:
                await service.start()
            await _arrive(beside, f"guest-{number}", script[0].pcm[: 3 * RATE_HZ].tobytes())
        exports = await meeting
        await beside.end()
        arrived = json.loads(await beside.download("json"))
        code = await service.terminate()
    return [
        *([f"the service ended with {code}"] if code else []),
        *checker.check_acknowledged(history),
        *checker.check_exports(without_stream_ids(exports), without_stream_ids(undisturbed)),
        *checker.check_watcher(history, "watcher", exports["json"]),
        *checker.check_ledger(service.data, script, history),
        *_check_arrivals(arrived, slept_s),
    ]


@asynccontextmanager
async def suspended(service: FaultService, chance: random.Random) -> AsyncIterator[None]:
    """Have the service, its recogniser or both stand still; some seconds afterwards they go on."""
    worker = service.worker_pid() if service.running else None
    pids = [pid for pid in (service.pid if service.running else None, worker) if pid]
    pids = chance.choice((pids, pids[:1], pids[1:] or pids))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
        await asyncio.sleep(chance.uniform(*STILL_S))
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def _arrive(where: Room, participant: str, pcm: bytes) -> None:
    """Somebody says a little, to be placed by when it arrives."""
    address = where.path(f"/participants/{participant}/audio")
    headers = {"Content-Type": PCM_TYPE, "Upload-Offset": "0"}
    await where.ask("POST", address, data=pcm, headers=headers)


def _check_arrivals(transcript: Mapping[str, Any], slept_s: Sequence[int]) -> list[str]:
    """Everybody is placed where they arrived by a clock that does not leap, and that counts a sleep.

    Args:
        transcript: of the meeting they came to.
        slept_s: how long the machine had slept since the meeting began, before the first guest and at each.
    """
    starts = {s["participant_id"]: s["start_ms"] for s in reversed(transcript["sentences"])}
    guests = len(slept_s) - 1
    failures = [f"only {len(starts)} of {guests} guests have text"] if len(starts) < guests else []
    # The last one came after a restart, and from before it only the wall clock is known.
    for number in range(guests - 1):
        at_ms = starts.get(f"guest-{number}", 0)
        # The library may hear of a sleep after the guest has come.
        if not any(0 <= at_ms - slept * 1000 <= NEAR_MS for slept in slept_s[: number + 2]):
            failures.append(f"guest-{number} is at {at_ms} ms of a short meeting")
    return failures


CAMPAIGN = Campaign(
    "clock",
    promise=7,
    brief="clocks that leap, processes that are suspended",
    how="the wall clock leaps by hours and days while a meeting runs and between a stop and a start, and the "
    "monotonic one as after a sleep, or processes stand still (SIGSTOP): every file compared",
    run=run,
    size=30,
)
