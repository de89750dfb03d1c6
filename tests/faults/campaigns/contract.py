"""Senders that do what they like, in any order that chance finds, against a model of what must be held."""

import asyncio
import traceback
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


async def run(order: Order) -> Outcome:
    """Rounds until there were enough meetings."""
    outside = order.size // OUTSIDE_ONE_IN
    rounds = [(min(ROUND, order.size - first), False) for first in range(0, order.size, ROUND)]
    rounds += [(min(ROUND, outside - first), True) for first in range(0, outside, ROUND)]
    played, failures = 0, list[str]()
    for number, (size, is_outside) in enumerate(rounds):
        seed = order.seed + number
        if failure := await asyncio.to_thread(_play, order.folder / f"{seed}", size, seed, is_outside):
            (order.folder / f"{seed}.txt").write_text(failure.story)
            told = "with a process" if is_outside else f"see it again: {AGAIN} --seed {seed} --size {size}"
            failures.append(f"seed {seed}: {failure.error} ({told})")
        played += size
        order.say(f"   {played:>5} of {order.size + outside} meetings, {len(failures)} rounds broken")
    return Outcome(played, failures, {"meetings": played, "of them with a process": outside})


@dataclass(frozen=True, slots=True)
class _Failure:
    error: str
    story: str
    """what was done, and where it broke"""


def _play(folder: Path, size: int, seed: int, outside: bool) -> _Failure | None:
    # Caught in its own thread: on the way to another one an error may lose its traceback.
    try:
        play(folder, size, seed, steps=STEPS, outside=outside)
    except Exception as error:
        return _Failure(repr(error), "".join(traceback.format_exception(error)))
    return None


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
