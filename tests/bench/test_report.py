"""The page for people."""

import io

from rich.console import Console

from meeting_service.bench.figures import Figure, Rows, Target
from meeting_service.bench.part import Part
from meeting_service.bench.report import WIDTH, format_value, make_report
from meeting_service.bench.runner import Outcome


def _draw(*outcomes: Outcome) -> str:
    console = Console(width=WIDTH, file=io.StringIO(), record=True)
    console.print(make_report(outcomes, quick=True))
    return console.export_text()


def _outcome(*figures: Figure, failure: str | None = None) -> Outcome:
    part = Part("speed", "speed", tuple(f.key for f in figures), 1, lambda _context: iter(figures))
    return Outcome(part, list(figures), 30.0, failure=failure)


def test_a_figure_stands_with_unit_target_and_verdict() -> None:
    """A line says what was measured, its value and unit, what it should be and whether it is."""
    page = _draw(_outcome(Figure("upstream_ratio", 23.46, "41.2 s ÷ 1.8 s")))

    assert "Against parakeet-mlx" in page
    line = next(line for line in page.splitlines() if "meeting of ten" in line)
    assert line.split()[-5:] == ["23.5", "×", "≥", "20", "yes"]
    assert "upstream_ratio  41.2 s ÷ 1.8 s" in page
    assert "1 of 1 targets met" in page


def test_a_figure_may_bring_its_own_target() -> None:
    """A target that follows from another figure is shown and judged."""
    page = _draw(_outcome(Figure("wer_final", 5.0, target=Target("≤", 4.2))))

    assert "≤ 4.2 no" in " ".join(page.split())


def test_every_line_fits() -> None:
    """However long a note, the page is 80 columns wide."""
    rows = Rows(("bits", "speed"), (("8", "0.9"),))
    page = _draw(_outcome(Figure("quantised", {"8": 1}, "word " * 40, rows=rows)))

    assert max(map(len, page.splitlines())) <= WIDTH
    assert "bits" in page


def test_what_failed_is_told() -> None:
    """A part that broke is a line at the end."""
    page = _draw(_outcome(failure="ValueError: no"))

    assert "speed: ValueError: no" in page


def test_numbers_have_three_digits() -> None:
    """Values are as exact as they deserve; a table needs none."""
    assert [format_value(v) for v in (0.01234, 4.567, 23.456, 1234.5, 0, {"8": 1})] == [
        *("0.0123", "4.57", "23.5", "1,234", "0", "")
    ]
