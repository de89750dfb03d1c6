"""An upgrade of the database may be killed at any moment."""

from pathlib import Path

from tests.faults.campaign import Order
from tests.faults.campaigns import migrations


async def test_a_killed_migration_leaves_the_former_or_the_new_database(tmp_path: Path) -> None:
    """Killed at some statements of each upgrade there is, the database is one or the other and goes on."""
    outcome = await migrations.run(Order(tmp_path, size=5, say=lambda _: None))

    assert [] == outcome.failures
    assert outcome.tried >= 2 * 5
