"""The power cut at many moments of a busy run, and every acknowledgement held against the syncs before it."""

import asyncio

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.durability import cut, find_unsynced, find_unsynced_folders
from tests.faults.powered import record

PIECES = 120
"""of each of four participants in a run"""
MOMENTS_A_RUN = 250


async def run(order: Order) -> Outcome:
    """Runs under strace, each cut at many moments; then one without syncs, in which that must be found."""
    failures: list[str] = []
    told = 0
    for index, first in enumerate(range(0, order.size, MOMENTS_A_RUN)):
        trace = await record(order.folder / f"{index}", PIECES)
        told += sum(1 for _ in trace.tellings())
        moments = min(MOMENTS_A_RUN, order.size - first)
        found = await asyncio.to_thread(lambda: [*find_unsynced(trace), *find_unsynced_folders(trace)])  # noqa: B023
        cuts = cut(trace, moments, order.seed + index, order.folder)
        found += await asyncio.to_thread(list, cuts)
        failures += found
        order.say(f"   {first + moments:>4} of {order.size} cuts: {'; '.join(found) or 'kept'}")
    unsynced = await record(order.folder / "unsynced", PIECES // 2, synced=False)
    early = sum(1 for _ in find_unsynced(unsynced))
    lost = len(await asyncio.to_thread(list, cut(unsynced, 20, order.seed, order.folder)))
    if not (early and lost):
        failures.append("without syncs nothing was found, so nothing is proven")
    figures = {
        "acknowledgements and sentences told": told,
        "told too early without syncs (must be more than 0)": early,
        "lost without syncs in 20 cuts (must be more than 0)": lost,
    }
    return Outcome(order.size, failures, figures)


CAMPAIGN = Campaign(
    "power",
    promise=1,
    brief="strace; the power cut at any moment",
    how="strace: each acknowledgement and final sentence after the sync of its bytes; the power cut at any "
    "moment, with any part of what was not synced; the same without syncs must fail",
    shown=("acknowledgements and sentences told",),
    run=run,
    size=1_000,
)
