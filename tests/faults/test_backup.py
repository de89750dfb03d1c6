"""A backup under load holds all that was acknowledged before, and a service goes on from it."""

from pathlib import Path

from tests.faults.backing_up import BackedUpMeeting


async def test_a_service_goes_on_from_a_backup(tmp_path: Path) -> None:
    """To the same transcript as the service that was backed up."""
    assert [] == await BackedUpMeeting(tmp_path, seed=1, seconds=24.0).run()
