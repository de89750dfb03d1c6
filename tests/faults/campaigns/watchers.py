"""Watchers whose connections are cut at any byte, while the service is killed and started again."""

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.watching import WatchedMeeting

SECONDS = 40.0
CUTS = 100
RESTARTS = 20


async def run(order: Order) -> Outcome:
    """Meetings with a hundred cuts and twenty restarts each."""
    failures: list[str] = []
    cuts = 0
    for seed in range(order.seed, order.seed + order.size):
        meeting = WatchedMeeting(order.folder / f"{seed}", SECONDS, seed=seed)
        watched = await meeting.run(CUTS, RESTARTS)
        cuts += watched.cuts
        again = f"tests/faults/run --only watchers --seed {seed} --size 1"
        failures += [f"seed {seed}: {failure} (see it again: {again})" for failure in watched.failures]
        order.say(f"   meeting {seed}, {watched.cuts} connections: {'; '.join(watched.failures) or 'kept'}")
    figures = {"connections cut": cuts, "restarts": order.size * RESTARTS}
    return Outcome(order.size, failures, figures)


CAMPAIGN = Campaign(
    "watchers",
    promise=8,
    brief="connections cut at any byte, SIGKILL",
    how="a browser's way to follow and our client's, over a hundred cuts at any byte and twenty SIGKILLs in "
    "each meeting: every stored event once and in order, every sentence that of the transcript",
    shown=("connections cut",),
    run=run,
    size=10,
)
