"""Audio that ends the recogniser's process, in a meeting of four: who is to blame, and what of the others."""

from collections import Counter

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.poisoned import Death, compare, hold, plan, plan_spoken
from tests.faults.service import Recogniser

SPOKEN_EVERY = 20
"""of so many meetings one is recognised by the bundled model"""


async def run(order: Order) -> Outcome:
    """One poisoned meeting after another, each beside the same audio that does nothing."""
    failures: list[str] = []
    restarts: Counter[int] = Counter()
    for index in range(order.size):
        seed, death = order.seed + index, list(Death)[index % len(Death)]
        spoken = index % SPOKEN_EVERY == SPOKEN_EVERY - 1
        recogniser = Recogniser.STEERED if spoken else Recogniser.HASHING
        script, poison = plan_spoken(Death.ABORTED) if spoken else plan(seed, death)
        undisturbed = await hold(order.folder / f"{seed}-undisturbed", script, None, recogniser)
        left = await hold(order.folder / f"{seed}", script, poison, recogniser)
        found = list(compare(left, undisturbed, poison))
        restarts[left.restarts] += 1
        failures += [f"seed {seed}, {death}: {failure}" for failure in found]
        order.say(f"   {index + 1:>3} of {order.size}, seed {seed}, {death}: {'; '.join(found) or 'kept'}")
    return Outcome(order.size, failures, {"restarts a meeting": dict(sorted(restarts.items()))})


CAMPAIGN = Campaign(
    "poison",
    promise=4,
    brief="audio that aborts the recogniser",
    how="audio of one participant in four that aborts, segfaults or exhausts the recogniser's process, or "
    "aborts its voice detection: one visible stretch after three restarts, all else byte for byte as without",
    run=run,
    size=20,
)
