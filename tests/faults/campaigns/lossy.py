"""Bots in one network namespace, the service in another, and a line between them that loses packets."""

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.lossy import run_lossy

SECONDS = 8.0


async def run(order: Order) -> Outcome:
    """A meeting over each of so many such lines."""
    failures: list[str] = []
    packets = {"carried": 0, "lost": 0, "overtaking": 0}
    for seed in range(order.seed, order.seed + order.size):
        told = await run_lossy(order.folder / f"{seed}", seed, SECONDS)
        again = f"tests/faults/run --only lossy --seed {seed} --size 1"
        failures += [f"seed {seed}: {failure} (see it again: {again})" for failure in told["failures"]]
        packets = {name: count + told[name] for name, count in packets.items()}
        order.say(f"   line {seed}: {'; '.join(told['failures']) or 'kept'}")
    return Outcome(order.size, failures, {f"packets {name}": count for name, count in packets.items()})


CAMPAIGN = Campaign(
    "lossy",
    promise=3,
    brief="namespaces with loss, reordering, delay",
    how="namespaces with 5 % of packets lost, 25 % reordered, 10 to 30 ms late each way; likewise",
    shown=("packets lost",),
    run=run,
    size=10,
)
