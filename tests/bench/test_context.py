"""What every part is given."""

from pathlib import Path

from meeting_service.bench.context import Context


def test_a_quick_run_chooses_less(tmp_path: Path) -> None:
    """Of two amounts the run's thoroughness takes one."""
    assert Context(tmp_path, quick=True).choose(3, 12) == 3
    assert Context(tmp_path, quick=False).choose(3, 12) == 12


def test_the_bundled_model_is_loaded_once(context: Context) -> None:
    """Parts share the models."""
    assert context.bundled is context.bundled
    assert context.bundled.model.name == "demo"
