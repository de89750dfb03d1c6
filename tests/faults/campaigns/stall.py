"""Ten minutes without a recogniser while sixty-four people speak on."""

from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.stalled import check, figures, hold, make_script

PARTICIPANTS = 64
BEFORE_S = 20.0
AFTER_S = 10.0
"""for which they speak on after it"""
FAST = 40.0


async def run(order: Order) -> Outcome:
    """A stall of so many seconds as the order's size; the same audio without it says what the text is."""
    script = make_script(PARTICIPANTS, BEFORE_S + order.size + AFTER_S)
    undisturbed = await hold(order.folder / "undisturbed", script, speed=FAST)
    order.say("   the text without a stall is known")
    stall = await hold(order.folder / "stalled", script, from_s=BEFORE_S, stall_s=float(order.size))
    return Outcome(1, list(check(stall, undisturbed)), figures(stall))


CAMPAIGN = Campaign(
    "stall",
    promise=4,
    brief="a stall of ten minutes, 64 participants",
    how="the recogniser stands still for ten minutes under 64 participants who send in real time: "
    "acknowledgements, memory of both processes, what metrics, `/readyz`, events and page say, the same text",
    shown=("acknowledged in, ms (p50, p99, most)", "service grew by, MB"),
    run=run,
    size=600,
)
