"""How many live participants one service takes, and how soon each piece of their audio is acknowledged.

Everybody sends five pieces a second: many participants on a WebSocket, or each piece a request of its own.
One of ten speaks and is recognised, with drafts, the others are heard breathing. The bots are a process of
their own; a delay is from a piece being sent to its acknowledgement being read.
"""

import math
from collections.abc import Callable, Iterator, Mapping

from meeting_service.bench.context import Context
from meeting_service.bench.delays import show_ms, summarise
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.load import LoadRequest, LoadResult, send_load
from meeting_service.bench.part import Part
from meeting_service.bench.parts.durable import MANY_MEETINGS
from meeting_service.bench.search import Search, search
from meeting_service.bench.served import Served, serve
from meeting_service.demo.report import percentile

LIMIT_MS = 500.0
ASKED = 200
PEOPLE = (1, 50, ASKED)
"""whose delays are shown"""
TRIES = 2
"""a number that is too many once may be disturbed by something else"""

Curve = dict[int, LoadResult]
"""What came of each number of participants; the better of two tries."""


def is_in_time(result: LoadResult) -> bool:
    """Whether 99 of 100 pieces were acknowledged soon enough, and every one at last."""
    return not (result.failure or result.unacknowledged) and p99(result) < LIMIT_MS


def p99(result: LoadResult) -> float:
    """Of its delays; infinite where there are none."""
    return percentile(result.delays_ms, 0.99) if result.delays_ms else math.inf


def measure(send: Callable[[int, int], LoadResult], first: int, steps: int) -> tuple[Curve, Search]:
    """Delays of all that is shown, and the largest number in time.

    Args:
        send: has so many send, in which try.
        first: where the search begins.
        steps: how many numbers it may try.
    """
    curve = Curve()

    def try_out(number: int) -> bool:
        for attempt in range(TRIES):
            result = send(number, attempt)
            if number not in curve or p99(result) < p99(curve[number]):
                curve[number] = result
            if is_in_time(result):
                return True
        return False

    in_time = [number for number in PEOPLE if try_out(number)]
    good = max(in_time, default=0)
    return curve, search(try_out, max(first, 2 * good), steps, good)


def _run(context: Context) -> Iterator[Figure]:
    seconds, steps = context.choose(4, 10), context.choose(0, 5)
    with serve(context.scratch / "acknowledgements", "demo", MANY_MEETINGS) as served:
        for key, http in (("durable_participants", False), ("durable_participants_http", True)):
            send = _sender(context, served, seconds, http=http)
            curve, found = measure(send, ASKED, steps)
            yield describe(key, curve, found, seconds)


def _sender(
    context: Context, served: Served, seconds: float, *, http: bool
) -> Callable[[int, int], LoadResult]:
    kind = "requests" if http else "sockets"

    def send(number: int, attempt: int) -> LoadResult:
        context.say(f"{number} participants, {kind}")
        name = f"{kind}-{number}-{attempt}"
        return send_load(LoadRequest(served.url, name, number, seconds, http=http, settle_s=2.0))

    return send


def describe(key: str, curve: Mapping[int, LoadResult], found: Search, seconds: float) -> Figure:
    """The number, with the delays of every number that was tried."""
    note = f"p99 < {LIMIT_MS:.0f} ms for {seconds:.0f} s, one of ten speaking"
    if not found.complete:
        note += "; at least"
    columns = ("participants", "p50 ms", "p95", "p99", "most", "joined in s", "bots late ms")
    rows = tuple(_row(number, curve[number]) for number in sorted(curve))
    details = {str(number): _details(curve[number]) for number in sorted(curve)}
    return Figure(key, found.capacity, note, rows=Rows(columns, rows), details=details)


def _row(number: int, result: LoadResult) -> tuple[str, ...]:
    delays = summarise(result.delays_ms)
    most = round(max(result.delays_ms, default=0.0))
    shown = (*map(show_ms, delays.values()), str(most))
    return (str(number), *shown, f"{result.joining_s:.1f}", f"{result.late_ms:.0f}")


def _details(result: LoadResult) -> dict[str, object]:
    return {
        **summarise(result.delays_ms),
        "pieces": len(result.delays_ms),
        "unacknowledged": result.unacknowledged,
        "joining_s": result.joining_s,
        "bots_late_ms": result.late_ms,
        "bots_cpu_s": result.cpu_s,
        "failure": result.failure,
    }


PART = Part(
    "acknowledgements",
    "live participants, and how soon their audio is acknowledged",
    ("durable_participants", "durable_participants_http"),
    4.0,
    _run,
)
