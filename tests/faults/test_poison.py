"""Audio that ends the recogniser's process, in small number; `tests/faults/run --only poison` does more."""

from pathlib import Path

from tests.faults.poisoned import Death, compare, hold, plan

SEED = 2


async def test_poison_is_found_out_and_harms_nobody_else(tmp_path: Path) -> None:
    """Three restarts, one visible stretch, all other text as without."""
    script, poison = plan(SEED, Death.MEMORY)
    undisturbed = await hold(tmp_path / "undisturbed", script, None)
    left = await hold(tmp_path / "poisoned", script, poison)

    assert [] == list(compare(left, undisturbed, poison))
