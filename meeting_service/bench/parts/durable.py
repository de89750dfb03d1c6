"""What it costs that audio is on the disk before it is acknowledged.

Through the ledger alone and through the whole service with bots, each beside the same without syncing, and
beside the disk's own synced appends. All in turns on one disk, so that a busy machine hits all of them.
"""

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from meeting_service.bench.context import Context
from meeting_service.bench.durability import Turn, Turns, compare
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.load import LoadRequest, LoadResult, send_load
from meeting_service.bench.part import Part
from meeting_service.bench.served import serve
from meeting_service.errors import MeetingServiceError

STREAMS = (1, 16, 50, 200)
"""that send at once; the figure is that of the most"""
PEOPLE = 100
"""who send through the whole service at once"""
MANY_MEETINGS = {"limits": {"live_meetings": 1_000}}


def _run(context: Context) -> Iterator[Figure]:
    found = []
    for streams in STREAMS[-1:] if context.quick else STREAMS:
        context.say(f"{streams} streams into the ledger")
        folder = context.scratch / f"durable-{streams}"
        rounds, seconds = context.choose(3, 7), 0.4 if context.quick else 0.8
        found.append(compare(folder, streams, rounds, seconds))
    yield _ratio(found)
    yield _raw_ratio(found)
    context.say("bots through the whole service")
    yield _served(compare_served(context.scratch, context.choose(2, 5), context.choose(2, 4)))


def compare_served(folder: Path, rounds: int, seconds: float) -> list[tuple[LoadResult, LoadResult]]:
    """What two services acknowledge flat out, in turns: one that syncs and one that does not.

    Raises:
        MeetingServiceError: a service refused something.
    """
    unsynced = "meeting_service.bench.unsynced"
    with (
        serve(folder / "served-synced", "demo", MANY_MEETINGS) as one,
        serve(folder / "served-unsynced", "demo", MANY_MEETINGS, module=unsynced) as other,
    ):
        pairs = []
        for number in range(rounds + 1):
            results = [
                send_load(LoadRequest(url, f"flat-out-{number}", PEOPLE, seconds, flat_out=True))
                for url in (one.url, other.url)
            ]
            if failure := next((result.failure for result in results if result.failure), ""):
                raise MeetingServiceError(f"the load was cut short: {failure}")
            pairs.append((results[0], results[1]))
    return pairs[1:]  # the first turn makes everything warm


def _ratio(found: Sequence[Turns]) -> Figure:
    most = found[-1]
    note = f"{most.streams} streams of 16 kHz, full sync and group commit"
    columns = ("streams", "synced ×", "unsynced ×", "÷", "raw ×", "÷", "pieces a sync")
    return Figure(
        "durable_ratio",
        most.ratio(most.unsynced),
        note,
        rows=Rows(columns, tuple(map(_row, found))),
        details={str(turns.streams): _details(turns) for turns in found},
    )


def _row(turns: Turns) -> tuple[str, ...]:
    return (
        str(turns.streams),
        f"{_median(turns.synced):,.0f}",
        f"{_median(turns.unsynced):,.0f}",
        f"{turns.ratio(turns.unsynced):.2f}",
        f"{_median(turns.raw):,.0f}",
        f"{turns.ratio(turns.raw):.2f}",
        f"{statistics.median(turn.group for turn in turns.synced):.0f}",
    )


def _details(turns: Turns) -> dict[str, object]:
    return {
        "synced_x": _median(turns.synced),
        "unsynced_x": _median(turns.unsynced),
        "raw_x": _median(turns.raw),
        "ratio": turns.ratio(turns.unsynced),
        "raw_ratio": turns.ratio(turns.raw),
        "pieces_a_sync": statistics.median(turn.group for turn in turns.synced),
    }


def _median(turns: Sequence[Turn]) -> float:
    return statistics.median(turn.rate for turn in turns)


def _raw_ratio(found: Sequence[Turns]) -> Figure:
    most = found[-1]
    note = "appending and syncing as many bytes at once, nothing else"
    return Figure("durable_raw_ratio", most.ratio(most.raw), note)


def _served(pairs: Sequence[tuple[LoadResult, LoadResult]]) -> Figure:
    rates = [(_rate(one), _rate(other)) for one, other in pairs]
    synced, unsynced = (statistics.median(rate) for rate in zip(*rates, strict=True))
    note = f"{PEOPLE} people flat out: {synced:,.0f} × the speed of life, unsynced {unsynced:,.0f} ×"
    ratio = statistics.median(one / other for one, other in rates)
    return Figure("durable_ratio_served", ratio, note, details={"synced_x": synced, "unsynced_x": unsynced})


def _rate(result: LoadResult) -> float:
    return result.acknowledged_s / max(result.seconds, 1e-9)


PART = Part(
    "durable",
    "audio on the disk before it is acknowledged",
    ("durable_ratio", "durable_raw_ratio", "durable_ratio_served"),
    2.0,
    _run,
)
