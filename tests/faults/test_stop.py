"""SIGTERM under load, in a few of the ways in which `tests/faults/run --only stop` does it more often."""

import random
from pathlib import Path

from tests.faults.campaigns.stop import CHECKED, Stops, hold_stopped, hold_undisturbed
from tests.faults.script import make_script
from tests.faults.service import FaultService

WAYS = ("under load", "twice", "recogniser stalled", "while transcribing again", "while starting")


async def test_a_stop_is_in_time_and_in_order_and_the_rest_goes_on(tmp_path: Path) -> None:
    """It ends with 0, leaves no process and no loose end, and the files are those of an undisturbed run."""
    script, stops = make_script(16.0), Stops()
    undisturbed = await hold_undisturbed(tmp_path / "undisturbed", script)
    service = FaultService(tmp_path / "stopped", environment=CHECKED, server={"shutdown_s": 5})
    await hold_stopped(service, script, undisturbed, WAYS, random.Random(1), stops)

    assert [] == stops.failures
