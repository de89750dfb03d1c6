"""Backups of a service under load, restored, continued and compared."""

import statistics
from collections.abc import Sequence

from tests.faults.backing_up import BackedUpMeeting
from tests.faults.campaign import Campaign, Order, Outcome

FILLER_MB = 300.0
LARGE_EVERY = 5
"""of so many backups the first is of a large service"""


async def run(order: Order) -> Outcome:
    """Each at another moment."""
    failures: list[str] = []
    before_s: list[float] = []
    during_s: list[float] = []
    large_s = 0.0
    for number in range(order.size):
        filler_mb = FILLER_MB if number % LARGE_EVERY == 0 and order.size >= LARGE_EVERY else 0.0
        meeting = BackedUpMeeting(order.folder / f"{number}", order.seed + number, filler_mb=filler_mb)
        found = await meeting.run()
        figures = meeting.figures
        failures += [f"seed {order.seed + number}: {failure}" for failure in found]
        before_s += figures.waits_before_s
        during_s += figures.waits_during_s
        large_s = max(large_s, figures.backup_s)
        told = "; ".join(found) or "kept"
        order.say(
            f"   {number + 1:>3} of {order.size}: {figures.size_mb:.0f} MB, {figures.backup_s:.1f} s: {told}"
        )
    return Outcome(
        order.size,
        failures,
        {
            "acknowledgement p99 without a backup, ms": p99_ms(before_s),
            "acknowledgement p99 during one, ms": p99_ms(during_s),
            "the longest backup, s": round(large_s, 1),
        },
    )


def p99_ms(waits_s: Sequence[float]) -> float:
    """The wait that 99 of 100 stay below."""
    return round(1_000 * statistics.quantiles(waits_s, n=100)[98], 1) if len(waits_s) > 1 else 0.0


CAMPAIGN = Campaign(
    "backup",
    promise=11,
    brief="backups at any moment, restored and gone on with",
    how="backups at random moments under speaking bots, some of 300 MB; all that was acknowledged or final "
    "before is restored, bots go on there, and the transcript is that of the service that went on",
    shown=("the longest backup, s",),
    run=run,
    size=10,
)
