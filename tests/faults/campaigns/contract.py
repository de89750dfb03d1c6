"""Senders that do what they like, in any order that chance finds, against a model of what must be held."""

import asyncio
import traceback
from dataclasses import dataclass
from pathlib import Path

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.contract.game import play

STEPS = 14
"""things that happen in a meeting at most"""
ROUND = 250
"""meetings of one seed: a failure ends a round"""


async def run(order: Order) -> Outcome:
    """Rounds until there were enough meetings."""
    played, failures = 0, list[str]()
    for number, first in enumerate(range(0, order.size, ROUND)):
        seed, size = order.seed + number, min(ROUND, order.size - first)
        if failure := await asyncio.to_thread(_play, order.folder / f"{seed}", size, seed):
            (order.folder / f"{seed}.txt").write_text(failure.story)
            again = f"tests/faults/run --only contract --seed {seed} --size {size}"
            failures.append(f"seed {seed}: {failure.error} (see it again: {again})")
        played += size
        order.say(f"   {played:>5} of {order.size} meetings, {len(failures)} rounds broken")
    return Outcome(played, failures, {"meetings": played})


@dataclass(frozen=True, slots=True)
class _Failure:
    error: str
    story: str
    """what was done, and where it broke"""


def _play(folder: Path, size: int, seed: int) -> _Failure | None:
    # Caught in its own thread: on the way to another one an error may lose its traceback.
    try:
        play(folder, size, seed, steps=STEPS)
    except Exception as error:
        return _Failure(repr(error), "".join(traceback.format_exception(error)))
    return None


CAMPAIGN = Campaign(
    "contract",
    promise=2,
    brief="pieces in any order, held against a model",
    how="a model and the service get the same pieces: twice, early, late, cut anywhere, overtaking, with "
    "gaps, by request and socket, one or two senders, over restarts; held audio, gaps and text compared",
    run=run,
    size=5_000,
)
