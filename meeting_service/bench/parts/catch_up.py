"""How soon a service that was killed has caught up with what it had acknowledged and not recognised.

Four participants' audio is posted at once and the service killed as soon as all of it is acknowledged. Then
it is started again and the meeting ended. Time runs from the start of the process to the last final word.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.part import Part
from meeting_service.bench.served import serve
from meeting_service.bench.turns import Track, make_track

PEOPLE = 4
PATIENCE_S = 1_800
_PCM = f"audio/pcm;rate={RECOGNITION_RATE_HZ};encoding=s16le"
_MEETING = "v1/meetings/backlog"


@dataclass(frozen=True, slots=True)
class CatchUp:
    """One restart."""

    backlog_s: float
    """audio of all participants"""
    speech_s: float
    """of it, speech"""
    ready_s: float
    """until the service was ready, its model loaded"""
    caught_up_s: float
    """until all text was final"""
    unaccounted_ms: int

    @property
    def rate(self) -> float:
        """Audio caught up with a second."""
        return self.backlog_s / self.caught_up_s


def restart(folder: Path, tracks: list[Track]) -> CatchUp:
    """Leave a backlog behind, then catch up with it."""
    with serve(folder, "demo") as served:
        asyncio.run(post_backlog(served.url, tracks))
        os.kill(served.service_pid, signal.SIGKILL)
    begun_s = time.monotonic()
    with serve(folder, "demo") as served:
        ready_s = time.monotonic() - begun_s
        unaccounted_ms = asyncio.run(end_meeting(served.url))
        caught_up_s = time.monotonic() - begun_s
    backlog_s = sum(track.seconds for track in tracks)
    speech_s = sum(track.speech_s for track in tracks)
    return CatchUp(backlog_s, speech_s, ready_s, caught_up_s, unaccounted_ms)


async def post_backlog(url: str, tracks: list[Track]) -> None:
    """Send everything at once; durable when this returns."""
    async with ClientSession(raise_for_status=True) as session:
        await session.post(f"{url}v1/meetings", json={"id": "backlog"})
        await asyncio.gather(
            *(
                session.post(
                    f"{url}{_MEETING}/participants/p{number}/audio",
                    data=track.pcm.astype("<i2").tobytes(),
                    headers={"Content-Type": _PCM},
                )
                for number, track in enumerate(tracks)
            )
        )


async def end_meeting(url: str) -> int:
    """End the meeting; ms that are not accounted for."""
    async with (
        ClientSession(raise_for_status=True, timeout=ClientTimeout(total=PATIENCE_S)) as session,
        session.post(f"{url}{_MEETING}/end") as response,
    ):
        return sum(person["unaccounted_ms"] for person in (await response.json())["participants"])


def _run(context: Context) -> Iterator[Figure]:
    found = []
    for minutes in (1,) if context.quick else (1, 10):
        context.say(f"{minutes} min to catch up with")
        tracks = [make_track(60 * minutes / PEOPLE, seed) for seed in range(PEOPLE)]
        found.append(restart(context.scratch / f"catch-up-{minutes}", tracks))
    yield describe(found)


def describe(found: list[CatchUp]) -> Figure:
    """The longest backlog's rate, and what each is made of."""
    last = found[-1]
    note = f"{last.backlog_s / 60:.0f} min of {PEOPLE} people: all final after {last.caught_up_s:.1f} s"
    columns = ("backlog min", "of it speech", "ready s", "all final s", "×", "unaccounted ms")
    details = {f"{one.backlog_s / 60:.0f}": _details(one) for one in found}
    return Figure("catch_up", last.rate, note, rows=Rows(columns, tuple(map(_row, found))), details=details)


def _row(one: CatchUp) -> tuple[str, ...]:
    minutes = (f"{one.backlog_s / 60:.0f}", f"{one.speech_s / 60:.1f}")
    return (
        *minutes,
        f"{one.ready_s:.1f}",
        f"{one.caught_up_s:.1f}",
        f"{one.rate:.0f}",
        str(one.unaccounted_ms),
    )


def _details(one: CatchUp) -> dict[str, object]:
    return {
        "backlog_s": one.backlog_s,
        "speech_s": one.speech_s,
        "ready_s": one.ready_s,
        "caught_up_s": one.caught_up_s,
        "unaccounted_ms": one.unaccounted_ms,
    }


PART = Part("catch_up", "from a restart to all text being final", ("catch_up",), 1.0, _run)
