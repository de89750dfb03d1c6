"""Meetings of chance that must add up to the sample, and figures altered on purpose that must be found."""

from aiohttp import ClientSession

from tests.faults.accounting import Meeting, find_untold
from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.service import FaultService


async def run(order: Order) -> Outcome:
    """Hold meetings, each with a few kills; then alter one figure after another and look for the warning."""
    failures: list[str] = []
    kills = streams = 0
    async with FaultService(order.folder, forked=True) as service, ClientSession() as session:
        for number in range(order.size):
            meeting = Meeting(service, session, f"m{number}", order.seed + number)
            failures += (found := await meeting.hold())
            kills, streams = kills + meeting.kills, streams + sum(map(len, meeting.sent.values()))
            order.say(f"   meeting {number + 1:>3} of {order.size}: {'; '.join(found) or 'adds up'}")
        untold = await find_untold(service, session, f"m{order.size - 1}")
        failures += [f"nobody noticed: {statement}" for statement in untold]
    return Outcome(order.size, failures, {"streams": streams, "kills": kills})


CAMPAIGN = Campaign(
    "accounting",
    promise=9,
    brief="meetings of chance, held against what was sent",
    how="meetings of chance with sound, silence, gaps, leaving and kills: received, missing, silent, spoken, "
    "transcribed exact to the sample, speech against a transcriber of its own; altered figures are found",
    shown=("streams", "kills"),
    run=run,
    size=25,
)
