"""Running parts, also broken ones."""

from collections.abc import Iterator
from pathlib import Path

from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure
from meeting_service.bench.part import Part
from meeting_service.bench.runner import run_parts


def _part(name: str, error: BaseException | None = None) -> Part:
    def run(_context: Context) -> Iterator[Figure]:
        yield Figure("erasure", 0.1)
        if error:
            raise error
        yield Figure("capacity", 3)

    return Part(name, name, ("erasure", "capacity"), 1, run)


def test_a_part_that_breaks_keeps_its_figures_and_harms_no_other(tmp_path: Path) -> None:
    """An error ends one part, told in one line; the next one runs."""
    parts = [_part("broken", ValueError("two\nlines")), _part("whole")]
    broken, whole = run_parts(parts, Context(tmp_path, quick=True))

    assert broken.failure == "ValueError: two lines"
    assert [f.key for f in broken.figures] == ["erasure"]
    assert whole.failure is None
    assert [f.key for f in whole.figures] == ["erasure", "capacity"]


def test_an_interruption_ends_the_run_and_keeps_what_was_measured(tmp_path: Path) -> None:
    """After Ctrl-C no further part runs; the figures so far are there."""
    parts = [_part("first"), _part("hit", KeyboardInterrupt()), _part("never")]
    outcomes = list(run_parts(parts, Context(tmp_path, quick=True)))

    assert [o.part.name for o in outcomes] == ["first", "hit"]
    assert outcomes[1].interrupted
    assert [f.key for f in outcomes[1].figures] == ["erasure"]
