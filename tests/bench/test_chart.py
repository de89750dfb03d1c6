from xml.etree import ElementTree

import pytest

from meeting_service.bench.chart import HEIGHT, WIDTH, Chart, Limit, Line, Mark, nice_step

SVG = "{http://www.w3.org/2000/svg}"


def draw(*lines: Line, y_top: float = 3_000) -> ElementTree.Element:
    """The document of a chart of `lines`, parsed."""
    chart = Chart("Delay & <people>", "people", "ms", lines, [Limit(1_500, 1)], y_top=y_top)
    return ElementTree.fromstring(chart.to_svg())


def test_is_well_formed() -> None:
    """It is an SVG document with a name for those who cannot see it, whatever the texts hold."""
    root = draw(Line("a < b", [(1, 100), (10, 700)], 0))

    assert f"{SVG}svg" == root.tag
    assert "Delay & <people>" == root.get("aria-label")
    assert "a < b" in [text.text for text in root.iter(f"{SVG}text")]


def test_stays_within_its_frame() -> None:
    """Every point is inside, those above the top at the top."""
    root = draw(Line("a", [(1, 100), (10, 700), (20, 90_000)], 0), Line("b", [(1, 0)], 1))
    dots = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in root.iter(f"{SVG}circle")]

    assert 4 == len(dots)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in dots)
    assert min(y for _, y in dots) == dots[2][1]


def test_is_drawn_without_anything() -> None:
    """Lines without points leave the axes."""
    assert [] == list(draw(Line("a", [], 0)).iter(f"{SVG}circle"))


def test_marks_a_place() -> None:
    """A mark is a vertical line with a name, among the points it belongs to."""
    chart = Chart("t", "x", "y", [Line("a", [(0, 1), (10, 1)], 0)], marks=[Mark(10, "here")])
    root = ElementTree.fromstring(chart.to_svg())
    [mark] = [line for line in root.iter(f"{SVG}line") if line.get("class") == "grid mark"]
    dots = [dot.get("cx") for dot in root.iter(f"{SVG}circle")]

    assert mark.get("x1") == mark.get("x2") == dots[1]
    assert "here" in [text.text for text in root.iter(f"{SVG}text")]


def test_keeps_names_apart() -> None:
    """Names of lines that end together are below each other."""
    root = draw(Line("a", [(1, 500)], 0), Line("b", [(1, 501)], 1))
    ys = [float(text.get("y", "")) for text in root.iter(f"{SVG}text") if text.text in ("a", "b")]

    assert abs(ys[0] - ys[1]) >= 12


@pytest.mark.parametrize(("largest", "step"), [(10, 2), (1_500, 500), (0.9, 0.2), (64, 20), (12.5, 2.5)])
def test_chooses_round_ticks(largest: float, step: float) -> None:
    """Some five ticks at round values."""
    assert pytest.approx(step) == nice_step(largest)
