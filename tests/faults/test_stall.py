"""A recogniser that stands still, in small; `tests/faults/run --only stall` does it in earnest."""

from pathlib import Path

from tests.faults.stalled import check, hold, make_script


async def test_a_stall_costs_time_and_nothing_else(tmp_path: Path) -> None:
    """Audio is acknowledged all the while, everybody is told, memory is bounded, the text is the same."""
    script = make_script(participants=8, seconds=18)
    undisturbed = await hold(tmp_path / "undisturbed", script, speed=20)
    stall = await hold(tmp_path / "stalled", script, from_s=1, stall_s=7, speed=2)

    assert [] == list(check(stall, undisturbed))
