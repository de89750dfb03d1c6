"""Whatever is killed, whenever: nothing acknowledged is lost and the transcript is the undisturbed one."""

from pathlib import Path

from tests.faults.campaign import Order
from tests.faults.campaigns.kills import hold_killed, hold_undisturbed, run
from tests.faults.service import Recogniser


async def test_kills_change_nothing(tmp_path: Path) -> None:
    """Forty kills, at random and at most failpoints, then while it is transcribed again: exports as ever."""
    outcome = await run(Order(tmp_path, size=36, say=lambda _: None))

    assert [] == outcome.failures
    assert outcome.tried >= 36
    assert 0 == outcome.figures["lost seconds"]


async def test_kills_change_nothing_of_real_speech(tmp_path: Path) -> None:
    """The same with recorded voices and the bundled model."""
    undisturbed = await hold_undisturbed(tmp_path / "undisturbed", Recogniser.BUNDLED)

    _, failures = await hold_killed(tmp_path / "killed", 5, 4, Recogniser.BUNDLED, undisturbed)

    assert [] == failures
