"""How cost grows: with people who are there and silent, and with meetings.

CPU time per second of meeting, once everybody is there, at the speed of life with the bundled model. One
person speaks in each meeting; the others' microphones are off, so their audio is digital silence.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.part import Part
from meeting_service.bench.rehearsal import SETTLE_S, Rehearsal, rehearse
from meeting_service.bench.served import serve
from meeting_service.bench.turns import Track, make_silence, make_track

PEOPLE_A_MEETING = 4
_LIMITS = {"limits": {"participants": 256}}


def make_meeting(seconds: float, people: int, speaker: int) -> list[Track]:
    """One who speaks and the others, silent."""
    return [make_track(seconds, speaker, begin_s=SETTLE_S / 2), *[make_silence(seconds)] * (people - 1)]


def _run(context: Context) -> Iterator[Figure]:
    seconds = context.choose(8, 20)
    people = (1, 50) if context.quick else (1, 10, 50, 100, 200)
    meetings = (1, 5) if context.quick else (1, 5, 10, 20)
    with serve(context.scratch / "growth", "demo", _LIMITS) as served:

        def hold(held: Sequence[Sequence[Track]], what: str) -> Rehearsal:
            context.say(what)
            return asyncio.run(rehearse(served, held))

        by_people = {n: hold([make_meeting(seconds, n, 0)], f"a meeting of {n}") for n in people}
        yield _participants(by_people)
        yield _meetings(
            {
                n: hold([make_meeting(seconds, PEOPLE_A_MEETING, i) for i in range(n)], f"{n} meetings")
                for n in meetings
            }
        )


def _participants(found: Mapping[int, Rehearsal]) -> Figure:
    most = max(found)
    added_ms = (sum(found[most].steady_ms_per_s) - sum(found[1].steady_ms_per_s)) / (most - 1)
    note = f"one more silent participant: {added_ms:.2f} ms of CPU per second of meeting"
    return _figure("growth_participants", "participants", found, note)


def _meetings(found: Mapping[int, Rehearsal]) -> Figure:
    most = max(found)
    added_ms = (sum(found[most].steady_ms_per_s) - sum(found[1].steady_ms_per_s)) / (most - 1)
    note = f"{PEOPLE_A_MEETING} people each, one speaking; one more meeting: {added_ms:.0f} ms per second"
    return _figure("growth_meetings", "meetings", found, note)


def _figure(key: str, what: str, found: Mapping[int, Rehearsal], note: str) -> Figure:
    value = {str(n): round(sum(one.steady_ms_per_s), 2) for n, one in found.items()}
    rows = tuple(
        (str(n), *(f"{ms:.1f}" for ms in (*one.steady_ms_per_s, sum(one.steady_ms_per_s))))
        for n, one in found.items()
    )
    details = {
        str(n): dict(zip(("service_ms_per_s", "worker_ms_per_s"), one.steady_ms_per_s, strict=True))
        for n, one in found.items()
    }
    columns = (what, "service ms/s", "worker ms/s", "both ms/s")
    return Figure(key, value, note, rows=Rows(columns, rows), details=details)


PART = Part(
    "growth",
    "CPU by participants and by meetings",
    ("growth_participants", "growth_meetings"),
    3.5,
    _run,
    quick=False,
)
