"""Senders that do what they like, in any order that chance finds, against a model of what must be held."""

import asyncio
import multiprocessing
import os
import traceback
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.contract.game import play

STEPS = 14
"""things that happen in a meeting at most"""
OUTSIDE_ONE_IN = 25
"""of so many meetings there is one more with the service in a process of its own"""
AGAIN = "tests/faults/run --only contract"
ROUND = 250
"""meetings of one seed: a failure ends a round"""


@dataclass(frozen=True, slots=True)
class _Round:
    size: int
    """meetings"""
    outside: bool
    """whether the service has a process of its own"""
    seed: int


@dataclass(frozen=True, slots=True)
class _Failure:
    error: str
    story: str
    """what was done, and where it broke"""


async def run(order: Order) -> Outcome:
    """Rounds until there were enough meetings, as many at a time as there are cores."""
    outside = order.size // OUTSIDE_ONE_IN
    sizes = [(min(ROUND, order.size - first), False) for first in range(0, order.size, ROUND)]
    sizes += [(min(ROUND, outside - first), True) for first in range(0, outside, ROUND)]
    played, failures = 0, list[str]()
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        rounds = [_Round(*size, order.seed + number) for number, size in enumerate(sizes)]
        playing = [loop.run_in_executor(pool, _play, order.folder, each) for each in rounds]
        for next_end in asyncio.as_completed(playing):
            try:
                ended, failure = await next_end
            except BrokenProcessPool as error:
                failures.append(f"a round took all that were not over with it: {error!r}")
                break
            if failure:
                failures.append(_tell(order.folder, ended, failure))
            played += ended.size
            order.say(f"   {played:>5} of {order.size + outside} meetings, {len(failures)} rounds broken")
    return Outcome(played, failures, {"meetings": played, "of them with a process": outside})


def _play(folder: Path, chosen: _Round) -> tuple[_Round, _Failure | None]:
    # Caught in its own process: on the way to another one an error loses its traceback.
    try:
        play(folder / f"{chosen.seed}", chosen.size, chosen.seed, steps=STEPS, outside=chosen.outside)
    except Exception as error:
        return chosen, _Failure(repr(error), "".join(traceback.format_exception(error)))
    return chosen, None


def _tell(folder: Path, broken: _Round, failure: _Failure) -> str:
    (folder / f"{broken.seed}.txt").write_text(failure.story, encoding="utf-8")
    again = f"see it again: {AGAIN} --seed {broken.seed} --size {broken.size}"
    return f"seed {broken.seed}: {failure.error} ({'with a process' if broken.outside else again})"


CAMPAIGN = Campaign(
    "contract",
    promise=2,
    brief="pieces in any order, held against a model",
    how="a model and the service get the same pieces: twice, early, late, cut anywhere, overtaking, with "
    "gaps, by request and socket, one or two senders, over restarts, "
    "with the service in this process or its own; held audio, gaps and text compared",
    run=run,
    shown=("of them with a process",),
    size=5_000,
)
