"""Senders that do what they like, in any order that chance finds, against a model of what must be held."""

import asyncio
import traceback

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.contract.game import play

ROUND = 250
"""meetings of one seed: a failure ends a round"""


async def run(order: Order) -> Outcome:
    """Rounds until there were enough meetings."""
    played, failures = 0, list[str]()
    for number, first in enumerate(range(0, order.size, ROUND)):
        seed, size = order.seed + number, min(ROUND, order.size - first)
        folder = order.folder / f"{seed}"
        try:
            await asyncio.to_thread(play, folder, size, seed)
        except Exception as error:
            failures.append(
                f"seed {seed}: {error!r} (see it again: --only contract --seed {seed} --size {size})"
            )
            (order.folder / f"{seed}.txt").write_text("".join(traceback.format_exception(error)))
        played += size
        order.say(f"   {played:>5} of {order.size} meetings, {len(failures)} rounds broken")
    return Outcome(played, failures, {"meetings": played})


CAMPAIGN = Campaign(
    "contract",
    promise=2,
    how="a model and the service get the same pieces: twice, early, late, cut anywhere, overtaking, with "
    "gaps, by request and socket, one or two senders, over restarts; held audio, gaps and text compared",
    run=run,
    size=5_000,
)
