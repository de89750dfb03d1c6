"""Minutes of all faults of a network at random, with restarts, over one meeting."""

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.campaigns.network import hold, hold_calm
from tests.faults.network import spread
from tests.faults.weathers import mixed

MINUTE_S = 60.0


async def run(order: Order) -> Outcome:
    """A meeting for each minute, spoken at the pace of people."""
    failures: list[str] = []
    back_s: list[float] = []
    calm = await hold_calm(order.folder / "calm", MINUTE_S)
    for seed in range(order.seed, order.seed + order.size):
        folder = order.folder / f"{seed}"
        found, back = await hold(folder, "mixed", mixed, seed, MINUTE_S, calm, speed=1.0)
        again = f"tests/faults/run --only weather --seed {seed} --size 1"
        failures += [f"seed {seed}: {failure} (see it again: {again})" for failure in found]
        back_s += back
        order.say(f"   minute {seed}: {'; '.join(found) or 'kept'}")
    return Outcome(order.size, failures, {"back after, s (median, most)": spread(back_s)})


CAMPAIGN = Campaign(
    "weather",
    promise=3,
    brief="ten minutes of all these at random",
    how="ten minutes of all these at random, with restarts; likewise",
    shown=("back after, s (median, most)",),
    run=run,
    size=10,
)
