"""Audio that ends the recogniser's process, in small number; `tests/faults/run --only poison` does more."""

from pathlib import Path

from tests.faults.poisoned import Death, compare, hold, plan

SEED = 2


async def test_poison_is_found_out_and_harms_nobody_else(tmp_path: Path) -> None:
    """In recognition and in voice detection: three restarts, one visible stretch, all other text."""
    undisturbed = await hold(tmp_path / "undisturbed", plan(SEED, Death.ABORTED)[0], None)
    for death in (Death.MEMORY, Death.DEAF):
        script, poison = plan(SEED, death)
        left = await hold(tmp_path / death, script, poison)

        assert [] == list(compare(left, undisturbed, poison))
