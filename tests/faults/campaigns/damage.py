"""Files of the data folder that are damaged while nothing runs, each in every way, at places of chance."""

import itertools
import random

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.damaged import FILES, Damage, DamagedFolder, harm, judge


async def run(order: Order) -> Outcome:
    """One folder, damaged and put back again and again."""
    chance = random.Random(order.seed)
    failures: list[str] = []
    refused = admitted = 0
    async with DamagedFolder(order.folder) as folder:
        folder.put_back()
        whole = await folder.go_on()
        ways = itertools.cycle(itertools.product(Damage, FILES))
        for number, (damage, name) in enumerate(itertools.islice(ways, order.size)):
            what = harm(folder.put_back() / name, damage, chance)
            told = await folder.go_on()
            found = [f"{what}: {failure}" for failure in judge(told, whole, folder.service)]
            refused += bool(told.refusal)
            admitted += not told.refusal and told.admits
            failures += found
            said = told.refusal or f"{told.state}, {told.detail}"
            order.say(f"   {number + 1:>3} of {order.size}, {what}: {'; '.join(found) or f'kept: {said}'}")
    figures = {"starts refused": refused, "damage told while running": admitted}
    return Outcome(order.size, failures, figures)


CAMPAIGN = Campaign(
    "damage",
    promise=7,
    brief="files flipped, zeroed, cut short, removed",
    how="bytes turned over, pages emptied, files cut short, emptied or gone, of both databases and logs, "
    "after a SIGKILL: the start is refused with what to do, or all goes on, and what is lost is told",
    run=run,
    size=100,
    shown=("starts refused", "damage told while running"),
)
