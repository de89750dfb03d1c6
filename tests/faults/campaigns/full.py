"""Disks that become full under a meeting, again and again."""

from tests.faults import checker
from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.filling import SECONDS_A_ROUND, Fullness, hold_with_full_disks
from tests.faults.script import make_script
from tests.faults.troubled import hold_undisturbed


async def run(order: Order) -> Outcome:
    """Meetings in which every kind of fullness comes and goes."""
    failures: list[str] = []
    rounds = list(Fullness)
    script = make_script(SECONDS_A_ROUND * len(rounds))
    undisturbed = await hold_undisturbed(order.folder / "undisturbed", script)
    for number in range(order.size):
        exports, found = await hold_with_full_disks(order.folder / f"{number}", script, rounds)
        found += checker.check_exports(exports, undisturbed)
        failures += [f"meeting {number}: {failure}" for failure in found]
        order.say(f"   {number + 1:>3} of {order.size} meetings: {'; '.join(found) or 'kept'}")
    return Outcome(order.size * len(rounds), failures)


CAMPAIGN = Campaign(
    "full",
    promise=7,
    brief="small disks filled to the last byte",
    how="small disks filled to the reserve, to the last byte, where audio is, where text is, or both; "
    "refusals, /readyz, watchers, reading and deleting meanwhile, recovery by itself, the same transcript",
    run=run,
    size=10,
)
