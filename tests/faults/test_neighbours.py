"""One who is sick beside seven who are well, as `tests/faults/run --only neighbours` has it in each."""

from pathlib import Path

from tests.faults.campaigns.neighbours import hold, judge, make_company
from tests.faults.sick import AND

ILLNESSES = (
    "floats that are no numbers",
    "empty messages",
    "never reads",
    "huge names",
    "fails the recogniser",
)


async def test_one_who_is_sick_in_many_ways_harms_nobody(tmp_path: Path) -> None:
    """The others' text is what it is without; memory stays bounded; nobody is told of an error of ours."""
    script = make_company(12.0)
    undisturbed = await hold(tmp_path / "well", script, None, speed=8.0)
    sick = await hold(tmp_path / "sick", script, AND.join(ILLNESSES), speed=2.0, turn_s=1.0)

    assert [] == judge("sick", sick, undisturbed)
    assert sum(sick.told.values()) > 0
