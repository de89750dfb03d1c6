"""What is planned to be killed."""

from meeting_service import failpoints
from tests.faults.strikes import KILLS_A_MEETING, PLACES, plan_meeting


def test_every_failpoint_is_in_the_plan() -> None:
    """Seven meetings in a row come to every place there is; those of a migration have tests of their own."""
    places = {kill.place for seed in range(7) for kill in plan_meeting(seed)}

    assert places == {"", *(place.name for place in PLACES)}
    assert failpoints.PLACES.keys() == {name for name in places if name} | {
        "before_migration",
        "in_migration",
        "before_migration_commit",
    }


def test_a_seed_decides_everything() -> None:
    """The same seed is the same plan, in the order of the phases."""
    plan = plan_meeting(7)

    assert plan == plan_meeting(7)
    assert plan != plan_meeting(8)
    assert KILLS_A_MEETING == len(plan)
    assert plan == sorted(plan, key=lambda kill: kill.phase)
