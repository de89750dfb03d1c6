"""Deletions of meetings and participants, with readers in the way and deaths in between; then the bytes."""

import itertools
from collections.abc import Iterator

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.deleting import Deletion, Doomed, Fault


async def run(order: Order) -> Outcome:
    """Every kind of deletion under every fault in turn."""
    failures: list[str] = []
    longest_s = 0.0
    for number, (doomed, fault) in enumerate(itertools.islice(list_trials(), order.size)):
        seed = order.seed + number
        deletion = Deletion(order.folder / f"{number}", doomed, fault, seed)
        found = await deletion.run()
        longest_s = max(longest_s, deletion.seconds_left)
        failures += [f"{doomed}, {fault}, seed {seed}: {failure}" for failure in found]
        order.say(f"   {number + 1:>3} of {order.size}: {doomed}, {fault}: {'; '.join(found) or 'kept'}")
    figures = {"until nothing was left, once nothing was in the way, at most, s": round(longest_s, 2)}
    return Outcome(order.size, failures, figures)


def list_trials() -> Iterator[tuple[Doomed, Fault]]:
    """For ever, each after its like."""
    return itertools.cycle((doomed, fault) for fault in Fault for doomed in Doomed)


CAMPAIGN = Campaign(
    "deletion",
    promise=10,
    brief="every file searched for the bytes",
    how="meetings and participants deleted, live and ended, with readers on both logs or SIGKILL in between; "
    "audio, names, text, titles and terms looked for in the bytes of every file",
    shown=("until nothing was left, once nothing was in the way, at most, s",),
    run=run,
    size=48,
)
