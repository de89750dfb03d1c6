"""Seven who speak and one who is sick: their text is what it is without the sick one, and their wait."""

import asyncio
import itertools
import json
import re
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from aiohttp import ClientSession

from tests.faults.bots import play
from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.checker import check_acknowledged
from tests.faults.history import History, Kind
from tests.faults.room import Room
from tests.faults.script import By, Script, Take, make_talk
from tests.faults.service import ROOT, FaultService
from tests.faults.sick import AND, ILLNESSES

WELL = 7
SECONDS = 48.0
TURN_S = 4.0
"""how long the sick one is sick, and then is not, in turn"""
_OURS = re.compile(r"request failed|socket failed|stream failed|task_failed|not_handled|stream_broken")
"""what is logged when something went wrong that nobody had thought of"""
SHARED_WINDOW_S = 0.05
"""so slow that windows of several share a batch"""
MEMORY_BYTES = 400 << 20
"""that the service and its recogniser may grow by; garbage is sent for a minute, at any rate"""


@dataclass
class Remains:
    """What the well ones got of a meeting."""

    sentences: Sequence[Any] = ()
    waits_s: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    """from sending to acknowledgement, by whether the sick one was sick"""
    told: Counter[str] = field(default_factory=Counter)
    grown_bytes: int = 0
    failures: list[str] = field(default_factory=list)


async def run(order: Order) -> Outcome:
    """One meeting for each illness, at the speed of speech."""
    script = make_company(SECONDS)
    undisturbed = await hold(order.folder / "well", script, None, speed=4.0)
    failures, figures = list(undisturbed.failures), {}
    names = list(ILLNESSES)[: order.size]
    for name in names:
        remains = await hold(order.folder / name.replace(" ", "-"), script, name)
        found = judge(name, remains, undisturbed)
        failures += found
        figures[name] = _describe(remains)
        order.say(f"   {name}: {figures[name]}; {'; '.join(found) or 'kept'}")
    return Outcome(len(names), failures, {"acknowledged in, p95 ms without → with the sick one": figures})


def make_company(seconds: float) -> Script:
    """Seven who speak all at once, over sockets and over HTTP."""
    ways = (By.SOCKET, By.POSTS, By.SOCKET, By.SOCKET, By.SOCKET, By.POSTS, By.SOCKET)
    return [Take(f"well-{i}", 0, way, 0.0, make_talk(seconds, 10 + i)) for i, way in enumerate(ways)]


async def hold(
    folder: Path, script: Script, illness: str | None, speed: float = 1.0, turn_s: float = TURN_S
) -> Remains:
    """A meeting with a sick one in it, by turns."""
    remains, history = Remains(), History()
    limits = {"body_idle_s": 20}
    async with FaultService(folder, limits=limits) as service, ClientSession() as http:
        where = Room(service.url, http, history, speed)
        await where.create()
        _steer(service, illness)
        before = _memory(service)
        turns = asyncio.create_task(_take_turns(service, illness, remains, history, turn_s), name="turns")
        try:
            await play(script, where)
        finally:
            turns.cancel()
            with suppress(asyncio.CancelledError):
                await turns
        service.steering.go_on()
        remains.grown_bytes = max(0, _memory(service) - before)
        async with asyncio.timeout(120):
            await where.end()
        transcript = json.loads(await where.download("json"))
        code = await service.terminate()
    remains.sentences = [_plain(s) for s in transcript["sentences"] if s["participant_id"].startswith("well")]
    remains.failures += check_acknowledged(history)
    remains.failures += [f"the service ended with {code}"] if code else []
    remains.failures += [f"in the log: {line}" for line in service.log.splitlines() if _OURS.search(line)]
    return remains


def judge(name: str, remains: Remains, undisturbed: Remains) -> list[str]:
    """What the sick one did to others, a line each; how long they waited is told, not judged."""
    failures = list(remains.failures)
    if remains.sentences != undisturbed.sentences:
        both = len(remains.sentences), len(undisturbed.sentences)
        failures.append(f"the others have other text: {both[0]} sentences for {both[1]}")
    if remains.grown_bytes > MEMORY_BYTES:
        failures.append(f"{remains.grown_bytes >> 20} MiB more memory")
    if any(told.startswith("500") or told in ("close 1011", "error internal") for told in remains.told):
        failures.append("the sick one was told of an error of ours")
    return [f"{name}: {failure}" for failure in failures]


async def _take_turns(
    service: FaultService, illness: str | None, remains: Remains, history: History, turn_s: float
) -> None:
    """Sick, then well, then sick; how long the others wait is noted apart."""
    process = await _lie_down(service.url, illness) if illness else None
    seen = 0
    try:
        for sick in itertools.cycle((False, True)):
            if process and process.stdin:
                process.stdin.write(b"sick\n" if sick else b"well\n")
            await asyncio.sleep(turn_s)
            remains.waits_s[sick] += _waits(history, seen)
            seen = len(history.entries)
    finally:
        if process and process.stdin:
            process.stdin.close()
            out, _ = await process.communicate()
            remains.told.update(json.loads(out))


async def _lie_down(url: str, illness: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.sick", url, illness), stdin=pipe, stdout=pipe, cwd=ROOT
    )


def _waits(history: History, since: int) -> list[float]:
    """From each sending to the acknowledgement that covers it."""
    waits: list[float] = []
    sent: dict[str, list[tuple[int, float]]] = {}
    for entry in history.entries[since:]:
        mine = sent.setdefault(entry.participant, [])
        if entry.kind is Kind.SENT:
            mine.append((entry.end, entry.at_s))
        elif entry.kind is Kind.ACKNOWLEDGED:
            waits += [entry.at_s - at_s for end, at_s in mine if end <= entry.end]
            sent[entry.participant] = [item for item in mine if item[0] > entry.end]
    return waits


def _steer(service: FaultService, illness: str | None) -> None:
    orders = {
        "fails the recogniser": service.steering.fail_on_mark,
        "kills the recogniser": service.steering.die_on_mark,
        "hangs the recogniser": service.steering.hang_on_mark,
    }
    for order in filter(None, map(orders.get, (illness or "").split(AND))):
        order()
        service.steering.slow(SHARED_WINDOW_S)


def _memory(service: FaultService) -> int:
    process = psutil.Process(service.pid)
    return sum(int(p.memory_info().rss) for p in (process, *process.children(recursive=True)))


def _plain(sentence: dict[str, Any]) -> Any:
    keys = ("participant_id", "start_ms", "end_ms", "text", "confidence", "words")
    return [sentence[key] for key in keys]


def _describe(remains: Remains) -> str:
    without, sick = (round(_p95(remains.waits_s[key]) * 1000) for key in (False, True))
    told = ", ".join(f"{told} ×{times}" for told, times in remains.told.most_common(3))
    return f"{without} → {sick} (+{remains.grown_bytes >> 20} MiB; told {told or 'nothing'})"


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else 0.0


CAMPAIGN = Campaign(
    "neighbours",
    promise=5,
    brief="garbage, floods, deafness beside seven others",
    how="one of eight sends garbage, floods, bombs, too fast, too much, never reads, kills the recogniser: "
    "the others' text is the same, their wait is told with and without the sick one, by turns",
    run=run,
    size=len(ILLNESSES),
)
