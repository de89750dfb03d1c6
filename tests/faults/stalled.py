"""A meeting whose recogniser stands still for a while as everybody speaks on, and what that costs."""

import asyncio
import json
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from meeting_service.audio import Pcm
from tests.faults.bots import play
from tests.faults.history import History, Kind
from tests.faults.room import Room, room
from tests.faults.script import RATE_HZ, By, Script, Take
from tests.faults.service import FaultService
from tests.signals import talk

VOICES = 4
"""different ones; participants beyond them say the same"""
LOOK_S = 1.0
MOST_ACK_S = 5.0
MOST_GROWTH_MB = 64
SETTLED_S = 60.0
"""into the stall, after which memory is to stand still"""
MOST_SLOPE_MB_PER_MIN = 1.0
MB = 1024 * 1024


@dataclass(slots=True)
class Watched:
    """What could be seen from outside, look by look."""

    at_s: list[float] = field(default_factory=list)
    """since the stall began"""
    service_mb: list[float] = field(default_factory=list)
    child_mb: list[float] = field(default_factory=list)
    """0 while there is no child"""
    behind_s: list[float] = field(default_factory=list)
    """as metrics have it"""
    details: set[str] = field(default_factory=set)
    """what /readyz said"""
    behind_events: int = 0
    page_behind: bool = False
    """whether the page was ever sent with a word about it"""


@dataclass(frozen=True, slots=True)
class Stall:
    """What came of a meeting."""

    texts: Mapping[str, Sequence[tuple[int, int, str]]]
    """by participant"""
    lost: Sequence[Any]
    """stretches without text"""
    watched: Watched
    ack_s: Sequence[float]
    """from a piece's being sent to its acknowledgement, during the stall"""
    caught_up_s: float
    """from the stall's end until nobody lagged"""
    restarts: int


def make_script(participants: int, seconds: float) -> Script:
    """Everybody speaks all the time, in short and long utterances."""
    voices = [_speak(seconds, seed) for seed in range(min(VOICES, participants))]
    return tuple(Take(f"p{n:02}", 0, By.SOCKET, 0.0, voices[n % len(voices)]) for n in range(participants))


async def hold(
    folder: Path, script: Script, *, from_s: float = 0.0, stall_s: float = 0.0, speed: float = 1.0
) -> Stall:
    """The meeting; with `stall_s`, the recogniser stands still for so long from `from_s` on."""
    history = History()
    async with FaultService(folder) as service, room(service.url, history, speed) as where:
        await where.create()
        speaking = asyncio.create_task(play(script, where))
        watched, begun_s, ended_s = Watched(), 0.0, 0.0
        if stall_s:
            await asyncio.sleep(from_s)
            async with _watching(service, where, watched):
                begun_s = time.monotonic()
                service.steering.stall()
                await asyncio.sleep(stall_s)
                ended_s = time.monotonic()
                service.steering.go_on()
        caught_up_s = await _catch_up(where, ended_s) if stall_s else 0.0
        await speaking
        await where.end()
        transcript = json.loads(await where.download("json"))
        restarts = round(await _read_metric(where, "meeting_worker_restarts_total"))
    texts: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for s in transcript["sentences"]:
        texts[s["participant_id"]].append((s["start_ms"], s["end_ms"], s["text"]))
    ack_s = list(_list_delays(history, begun_s, ended_s))
    return Stall(texts, transcript["not_transcribed"], watched, ack_s, caught_up_s, restarts)


def check(stall: Stall, undisturbed: Stall) -> Iterator[str]:
    """All that is wrong with it."""
    if stall.texts != undisturbed.texts:
        yield "the text is not that of the undisturbed meeting"
    if stall.lost:
        yield f"{len(stall.lost)} stretches have no text"
    if not stall.ack_s or max(stall.ack_s) > MOST_ACK_S:
        yield f"acknowledgements took up to {max(stall.ack_s, default=0):.1f} s"
    watched = stall.watched
    for who, megabytes in (("service", watched.service_mb), ("child", watched.child_mb)):
        if (grown := _growth(megabytes)) > MOST_GROWTH_MB:
            yield f"the {who} grew by {grown:.0f} MB"
        if (slope := _slope(watched.at_s, megabytes)) > MOST_SLOPE_MB_PER_MIN:
            yield f"the {who} goes on growing by {slope:.1f} MB a minute"
    yield from _check_told(watched)


def _check_told(watched: Watched) -> Iterator[str]:
    """Everybody could know how far text lagged."""
    if max(watched.behind_s, default=0) < max(watched.at_s, default=0) / 2:
        yield f"metrics said at most {max(watched.behind_s, default=0):.0f} s behind"
    if not any("behind" in detail for detail in watched.details):
        yield f"/readyz said only {watched.details}"
    if not watched.behind_events:
        yield "no watcher was told"
    if not watched.page_behind:
        yield "the page did not say so"


def figures(stall: Stall) -> dict[str, object]:
    """What was measured."""
    watched = stall.watched
    delays_ms = [1000 * s for s in stall.ack_s]
    cuts = statistics.quantiles(delays_ms, n=100) if len(delays_ms) > 1 else [0.0] * 99
    return {
        "acknowledged in, ms (p50, p99, most)": f"{cuts[49]:.0f}, {cuts[98]:.0f}, {max(delays_ms):.0f}",
        "service grew by, MB": round(_growth(watched.service_mb), 1),
        "child grew by, MB": round(_growth(watched.child_mb), 1),
        "slope after a minute, MB/min (service, child)": f"{_slope(watched.at_s, watched.service_mb):.2f}, "
        f"{_slope(watched.at_s, watched.child_mb):.2f}",
        "most behind, s": round(max(watched.behind_s, default=0)),
        "caught up after, s": round(stall.caught_up_s, 1),
        "restarts": stall.restarts,
    }


@asynccontextmanager
async def _watching(service: FaultService, where: Room, watched: Watched) -> AsyncIterator[None]:
    tasks = [
        asyncio.create_task(_look(service, where, watched), name="looks"),
        asyncio.create_task(_follow(where, watched), name="watcher"),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _look(service: FaultService, where: Room, watched: Watched) -> None:
    begun_s = time.monotonic()
    while True:
        watched.at_s.append(time.monotonic() - begun_s)
        watched.service_mb.append(_rss_mb(service.pid))
        watched.child_mb.append(_rss_mb(service.worker_pid()))
        watched.behind_s.append(await _read_metric(where, "meeting_behind_seconds"))
        async with where.http.get(f"{where.url}/readyz") as response:
            watched.details.add(str((await response.json())["detail"]))
        if not watched.page_behind and watched.behind_s[-1] > 5:
            page = (await where.ask("GET", f"{where.url}/meetings/{where.id}")).decode()
            watched.page_behind = "Catching up" in page
        await asyncio.sleep(LOOK_S)


async def _follow(where: Room, watched: Watched) -> None:
    async with where.http.get(where.path("/events")) as response:
        async for line in response.content:
            if line == b"event: behind\n":
                watched.behind_events += 1


async def _catch_up(where: Room, since_s: float) -> float:
    """How long it takes until nobody lags, in seconds since `since_s`."""
    while await _read_metric(where, "meeting_behind_seconds"):  # noqa: ASYNC110 - figures are there to be asked for
        await asyncio.sleep(0.1)
    return time.monotonic() - since_s


async def _read_metric(where: Room, name: str) -> float:
    lines = (await where.ask("GET", f"{where.url}/metrics")).decode().splitlines()
    [value] = [line.split()[1] for line in lines if line.startswith(f"{name} ")]
    return float(value)


def _list_delays(history: History, begun_s: float, ended_s: float) -> Iterator[float]:
    sent: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for entry in history.of(Kind.SENT, Kind.ACKNOWLEDGED):
        if entry.kind is Kind.SENT:
            sent[entry.participant].append((entry.at_s, entry.end))
            continue
        open_pieces = sent[entry.participant]
        while open_pieces and open_pieces[0][1] <= entry.end:
            at_s, _ = open_pieces.pop(0)
            if begun_s <= at_s < ended_s:
                yield entry.at_s - at_s


def _rss_mb(pid: int | None) -> float:
    with suppress(psutil.Error):
        if pid is not None:
            return float(psutil.Process(pid).memory_info().rss) / MB
    return 0.0


def _growth(megabytes: Sequence[float]) -> float:
    there = [value for value in megabytes if value]
    return max(there) - there[0] if there else 0.0


def _slope(at_s: Sequence[float], megabytes: Sequence[float]) -> float:
    """MB a minute once it has settled, restarts of the process left out; 0 where that is too short to say."""
    settled = [(at, mb) for at, mb in zip(at_s, megabytes, strict=False) if at >= SETTLED_S and mb]
    if len(settled) < SETTLED_S / LOOK_S:
        return 0.0
    times, values = zip(*settled, strict=True)
    return float(np.polyfit(np.array(times) / 60, np.array(values), 1)[0])


def _speak(seconds: float, seed: int) -> Pcm:
    lengths = np.random.default_rng(seed).choice([1.6, 2.5, 4.0, 7.0, 12.0], size=int(seconds))
    parts = [0.8 if i % 2 == 0 else float(lengths[i // 2]) for i in range(2 * len(lengths))]
    samples = talk(*parts, seed=seed * 1000)[: round(seconds * RATE_HZ)]
    return np.round(samples * 32_768).astype(np.int16)
