"""How many may speak at once, and how soon text comes until then.

People speak turn after turn with pauses, in meetings of four on a socket each, at the speed of life; a
watcher per meeting notes when text comes. `delays` says what is measured. The number is raised until drafts
or finals come too late, then narrowed down; every step has the same service, warm.
"""

import asyncio
from collections.abc import Iterator, Mapping

from meeting_service.bench.chart import Chart, Limit, Line, Mark
from meeting_service.bench.context import Context
from meeting_service.bench.delays import DRAFT_LIMIT_MS, FINAL_LIMIT_MS, show_ms, summarise
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.part import Part
from meeting_service.bench.rehearsal import SETTLE_S, Rehearsal, rehearse
from meeting_service.bench.search import Search, search
from meeting_service.bench.served import Served, serve
from meeting_service.bench.turns import make_track
from meeting_service.recogniser.blas import count_cores

PEOPLE_A_MEETING = 4
FEW = 4
"""so many and fewer speak for longer, so that there is enough to judge by"""
SPARE = 0.6
"""of the cores, that the first guess is made for"""
_KINDS = {
    "first_draft_ms": "first_drafts_ms",
    "draft_ms": "drafts_ms",
    "word_ms": "words_ms",
    "final_ms": "finals_ms",
}

Curve = dict[int, Rehearsal]
"""What each number of speakers came to."""


def hold(served: Served, speakers: int, seconds: float) -> Rehearsal:
    """So many speak at once for so long."""
    begins_s = [SETTLE_S * (1 - i * 0.37 % 1) for i in range(speakers)]
    tracks = [make_track(seconds, i, begin_s=begin_s) for i, begin_s in enumerate(begins_s)]
    meetings = [tracks[at : at + PEOPLE_A_MEETING] for at in range(0, speakers, PEOPLE_A_MEETING)]
    return asyncio.run(rehearse(served, meetings))


def guess(alone: Rehearsal, cores: int) -> int:
    """How many there will be room for, by what one costs."""
    own_ms = 1_000 * alone.bots_cpu_s / alone.seconds
    return max(2, int(SPARE * cores * 1_000 / (sum(alone.steady_ms_per_s) + own_ms)))


def _run(context: Context) -> Iterator[Figure]:
    seconds, longer, curve = context.choose(12, 40), context.choose(15, 60), Curve()

    def try_out(number: int) -> bool:
        context.say(f"{number} speaking at once")
        curve[number] = hold(served, number, longer if number <= FEW else seconds)
        return curve[number].in_time

    with serve(context.scratch / "capacity", "demo") as served:
        alone_in_time = try_out(1)
        first = guess(curve[1], count_cores())
        found = Search(0, complete=True)
        if alone_in_time:
            found = search(try_out, first, context.choose(2, 6), good=1)
        half = max(1, found.capacity // 2)
        if half not in curve:
            try_out(half)
    yield _capacity(curve, found)
    yield from _latencies(curve, half)


def _capacity(curve: Mapping[int, Rehearsal], found: Search) -> Figure:
    seconds = min(one.seconds for one in curve.values())
    note = f"bundled model, {seconds:.0f} s each; drafts p95 ≤ 1 s, finals p95 ≤ 1.5 s"
    if not found.complete:
        note += "; at least"
    columns = (
        "speaking",
        "draft p50",
        "p95",
        "p99",
        "word p95",
        "final p50",
        "p95",
        "p99",
        "late %",
        "CPU %",
    )
    rows = tuple(_row(number, curve[number]) for number in sorted(curve))
    details = {str(number): _details(curve[number]) for number in sorted(curve)}
    plots = {"capacity.svg": draw(curve, found.capacity)}
    return Figure("capacity", found.capacity, note, rows=Rows(columns, rows), details=details, plots=plots)


def _row(number: int, one: Rehearsal) -> tuple[str, ...]:
    drafts, words, finals = map(summarise, (one.delays.drafts_ms, one.delays.words_ms, one.delays.finals_ms))
    shown = [*drafts.values(), words["p95"], *finals.values()]
    late = f"{100 * one.delays.late_share:.1f}"
    return (str(number), *map(show_ms, shown), late, f"{sum(one.steady_ms_per_s) / 10:.0f}")


def _details(one: Rehearsal) -> dict[str, object]:
    found = {name: summarise(getattr(one.delays, kind)) for name, kind in _KINDS.items()}
    service, worker = one.steady_ms_per_s
    return {
        **found,
        "drafts": len(one.delays.drafts_ms),
        "finals": len(one.delays.finals_ms),
        "late_share": one.delays.late_share,
        "refusals": one.refusals,
        "service_cpu_ms_per_s": service,
        "worker_cpu_ms_per_s": worker,
        "bots_cpu_ms_per_s": 1_000 * one.bots_cpu_s / one.seconds,
        "bots_late_ms": one.late_ms,
    }


def _latencies(curve: Mapping[int, Rehearsal], half: int) -> Iterator[Figure]:
    """At one and at half the capacity; the figure's value is that of one, its p95."""
    for key in ("first_draft_ms", "draft_ms", "final_ms"):
        found = {n: summarise(getattr(curve[n].delays, _KINDS[key])) for n in sorted({1, half})}
        rows = tuple((str(n), *map(show_ms, values.values())) for n, values in found.items())
        value = {str(n): values for n, values in found.items()}
        yield Figure(key, value, _NOTES[key], rows=Rows(("speaking", "p50", "p95", "p99"), rows))


_NOTES = {
    "first_draft_ms": "from the first sample of speech to the first text of it",
    "draft_ms": "from the end of its last word, as sent, to the watcher",
    "final_ms": "from the last sample of speech; the pause that ends it included",
}


def draw(curve: Mapping[int, Rehearsal], capacity: int) -> str:
    """The curve as an SVG document, with the capacity marked in it."""

    def line(name: str, kind: str, share: str, colour: int) -> Line:
        found = {n: summarise(getattr(one.delays, kind))[share] for n, one in curve.items()}
        points = [(n, ms) for n, ms in found.items() if ms is not None]
        return Line(name, points, colour, dashed=share == "p50")

    return Chart(
        "Delay of text by people speaking at once",
        "people speaking at once",
        "ms after the speech",
        [
            line("final p95", "finals_ms", "p95", 1),
            line("final p50", "finals_ms", "p50", 1),
            line("draft p95", "drafts_ms", "p95", 0),
            line("draft p50", "drafts_ms", "p50", 0),
        ],
        [Limit(FINAL_LIMIT_MS, 1), Limit(DRAFT_LIMIT_MS, 0)],
        [Mark(capacity, f"capacity {capacity}")],
        y_top=2 * FINAL_LIMIT_MS,
    ).to_svg()


PART = Part(
    "capacity",
    "how many may speak at once, and how soon text comes",
    ("capacity", "first_draft_ms", "draft_ms", "final_ms"),
    6.0,
    _run,
)
