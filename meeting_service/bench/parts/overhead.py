"""What the service costs beyond recognition.

A meeting of four, of whom about one speaks at a time, is sent over a WebSocket at the speed of life, with
drafts and a watcher. The CPU time of service and worker from the first sample to the last final sentence,
voice detection, ledger, database and events in it, is divided by that of the recogniser alone on the same
windows in the same batches, drafts and context included.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from meeting_service.bench.context import Context
from meeting_service.bench.delays import show_ms, summarise
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.part import Part
from meeting_service.bench.rehearsal import Rehearsal, rehearse
from meeting_service.bench.replay import Replay, replay
from meeting_service.bench.served import serve
from meeting_service.bench.turns import Track, make_track
from meeting_service.data_folder import LEDGER_FILE
from meeting_service.recogniser import Engine

PEOPLE = 4
PAUSES_S = (12.0, 22.0)
"""three others speak meanwhile"""


@dataclass(frozen=True, slots=True)
class Overhead:
    """One model's service beside its recogniser."""

    model: str
    rehearsal: Rehearsal
    replay: Replay

    @property
    def ratio(self) -> float:
        """The service's CPU time ÷ the recogniser's."""
        return self.rehearsal.cpu_s / max(self.replay.cpu_s, 1e-9)


def make_meeting(seconds: float) -> list[Track]:
    """Four people who take turns, more or less."""
    step_s = sum(PAUSES_S) / 2 / PEOPLE
    return [make_track(seconds, i, begin_s=1 + i * step_s, pauses_s=PAUSES_S) for i in range(PEOPLE)]


def measure(folder: Path, model: str, path: str, engine: Engine, tracks: list[Track]) -> Overhead:
    """Hold the meeting, then recognise alone what was recognised in it."""
    with serve(folder, path, {"logging": {"level": "debug"}}) as served:
        rehearsal = asyncio.run(rehearse(served, [tracks], keep=True))
    alone = replay(served.log, folder / "data" / LEDGER_FILE, engine)
    return Overhead(model, rehearsal, alone)


def _run(context: Context) -> Iterator[Figure]:
    context.say("a meeting with the bundled model")
    bundled = measure(
        context.scratch / "overhead-bundled",
        "bundled",
        "demo",
        context.bundled,
        make_meeting(context.choose(15, 45)),
    )
    path = str(context.full_size_path.directory)
    context.say("a meeting with the full-size model")
    full = measure(
        context.scratch / "overhead-full-size",
        "full-size",
        path,
        context.full_size,
        make_meeting(context.choose(15, 45)),
    )
    yield describe_overhead([full, bundled])


def describe_overhead(found: Sequence[Overhead]) -> Figure:
    """The first model's ratio, and what both are made of."""
    full = found[0]
    heard = f"{full.rehearsal.seconds:.0f} s with {full.rehearsal.speech_s:.0f} s of speech"
    note = f"full-size model, {heard}, drafts on"
    columns = ("model", "÷", "service s", "worker s", "recogniser alone s", "encoded s", "final p50 ms")
    rows = tuple(_row(one) for one in found)
    return Figure(
        "service_overhead",
        full.ratio,
        note,
        rows=Rows(columns, rows),
        details={o.model: _details(o) for o in found},
    )


def _row(one: Overhead) -> tuple[str, ...]:
    begun, done = one.rehearsal.begun, one.rehearsal.done
    return (
        one.model,
        f"{one.ratio:.2f}",
        f"{done.service.cpu_s - begun.service.cpu_s:.2f}",
        f"{done.worker.cpu_s - begun.worker.cpu_s:.2f}",
        f"{one.replay.cpu_s:.2f}",
        f"{one.replay.encoded_s:.0f}",
        show_ms(summarise(one.rehearsal.delays.finals_ms)["p50"]),
    )


def _details(one: Overhead) -> dict[str, object]:
    return {
        "ratio": one.ratio,
        "cpu_s": one.rehearsal.cpu_s,
        "recogniser_cpu_s": one.replay.cpu_s,
        "windows": one.replay.windows,
        "encoded_s": one.replay.encoded_s,
        "speech_s": one.rehearsal.speech_s,
        "seconds": one.rehearsal.seconds,
        "draft_ms": summarise(one.rehearsal.delays.drafts_ms),
        "final_ms": summarise(one.rehearsal.delays.finals_ms),
    }


PART = Part("overhead", "the service beside the recogniser", ("service_overhead",), 3.0, _run, quick=False)
