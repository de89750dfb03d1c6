"""Every sample of meetings of chance is accounted for, and one that is not is told."""

from pathlib import Path

from tests.faults.campaign import Order
from tests.faults.campaigns.accounting import CAMPAIGN


async def test_meetings_add_up_over_kills(tmp_path: Path) -> None:
    """To the sample, whatever came and whatever was killed; each altered figure is found."""
    outcome = await CAMPAIGN.run(Order(tmp_path, size=2, seed=4))

    assert [] == outcome.failures
    assert outcome.figures["kills"] > 0
