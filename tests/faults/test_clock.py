"""Clocks that leap, as `tests/faults/run --only clock` has them leap more often."""

import os
import random
from pathlib import Path

import pytest

from tests.faults.campaigns.clock import DAY_S, HOUR_S, Way, hold_leaping
from tests.faults.campaigns.stop import hold_undisturbed
from tests.faults.faked_clock import LIBRARIES
from tests.faults.script import make_script


async def test_a_wall_clock_that_leaps_moves_no_word(tmp_path: Path) -> None:
    """By hours and days, forth and back, while processes are suspended and between a stop and a start."""
    if not LIBRARIES and not os.environ.get("CI"):
        pytest.skip("libfaketime is not here: install the package faketime")
    script = make_script(16.0)
    undisturbed = await hold_undisturbed(tmp_path / "undisturbed", script)
    leaps, chance, folder = (HOUR_S, -DAY_S, DAY_S), random.Random(1), tmp_path / "leaping"

    assert [] == await hold_leaping(folder, script, undisturbed, leaps, chance, Way.SUSPENDED)
