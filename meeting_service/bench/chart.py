"""A line chart as an SVG document: readable on light and on dark, with nothing to install."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 150, 56, 52
_TICKS = 5
_LABEL_GAP = 15

_STYLE = """
  .paper { fill: #ffffff } .ink { fill: #1f2328 } .faint { fill: #656d76 } .grid { stroke: #d8dee4 }
  .s0 { --c: #0969da } .s1 { --c: #bc4c00 } .s2 { --c: #1a7f37 } .s3 { --c: #8250df }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .ink { fill: #e6edf3 } .faint { fill: #8d96a0 } .grid { stroke: #30363d }
    .s0 { --c: #4493f8 } .s1 { --c: #f0883e } .s2 { --c: #3fb950 } .s3 { --c: #ab7df8 }
  }
  text { font: 13px system-ui, sans-serif } .title { font-size: 16px; font-weight: 600 }
  .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round }
  .dashed { stroke-dasharray: 5 4 } .dot, .name { fill: var(--c) }
  .limit { stroke: var(--c); stroke-width: 1; stroke-dasharray: 1 4; stroke-linecap: round; opacity: .8 }
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One quantity."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: int
    """0 to 3"""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that should not be exceeded."""

    value: float
    colour: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the x axis that has a name."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn. Both axes begin at 0."""

    title: str
    x_title: str
    y_title: str
    lines: Sequence[Line]
    limits: Sequence[Limit] = ()
    marks: Sequence[Mark] = ()
    y_top: float = math.inf
    """what lies above is cut off"""

    def to_svg(self) -> str:
        """The document."""
        return _Drawing(self).draw()


class _Drawing:
    """A chart with its scales."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        xs = [x for line in chart.lines for x, _ in line.points]
        ys = [y for line in chart.lines for _, y in line.points]
        self._x_step = nice_step(max(xs, default=1))
        self._y_step = nice_step(
            min(max([*ys, *(limit.value for limit in chart.limits)], default=1), chart.y_top)
        )
        self._x_end = self._x_step * math.ceil(max(xs, default=1) / self._x_step)
        self._y_end = min(self._y_step * math.ceil(max([*ys, 1]) / self._y_step), chart.y_top)

    def draw(self) -> str:
        chart = self._chart
        box, label = f"0 0 {WIDTH} {HEIGHT}", escape(chart.title, quote=True)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" aria-label="{label}">',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
            _text(_LEFT, 28, chart.title, "ink title"),
            _text(_LEFT, 46, chart.y_title, "faint"),
            _text(WIDTH - _RIGHT, HEIGHT - 12, chart.x_title, "faint", anchor="end"),
            *self._grid(),
            *(self._limit(limit) for limit in chart.limits),
            *(part for mark in chart.marks for part in self._mark(mark)),
            *(self._line(line) for line in chart.lines),
            *self._names(),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _x(self, value: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * value / self._x_end

    def _y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * min(value, self._y_end) / self._y_end

    def _grid(self) -> Iterator[str]:
        for value in _ticks(self._y_end, self._y_step):
            y = f"{self._y(value):.1f}"
            yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
            yield _text(_LEFT - 8, self._y(value) + 4, f"{value:g}", "faint", anchor="end")
        for value in _ticks(self._x_end, self._x_step):
            yield _text(self._x(value), HEIGHT - _BOTTOM + 18, f"{value:g}", "faint", anchor="middle")

    def _limit(self, limit: Limit) -> str:
        y = f"{self._y(limit.value):.1f}"
        return f'<line class="limit s{limit.colour}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'

    def _mark(self, mark: Mark) -> Iterator[str]:
        x = f"{self._x(mark.value):.1f}"
        yield f'<line class="grid mark" x1="{x}" x2="{x}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"/>'
        yield _text(self._x(mark.value) + 6, _TOP + 16, mark.name, "faint")

    def _line(self, line: Line) -> str:
        places = self._places(line)
        dots = [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        dashed = " dashed" if line.dashed else ""
        return (
            f'<g class="s{line.colour}"><polyline class="line{dashed}" points="{path}"/>{"".join(dots)}</g>'
        )

    def _names(self) -> Iterator[str]:
        """Beside the lines' last points, moved apart where they would meet."""
        ends = [(self._places(line)[-1][1], line) for line in self._chart.lines if self._places(line)]
        below = -math.inf
        for y, line in sorted(ends, key=lambda end: end[0]):
            below = max(y, below + _LABEL_GAP)
            yield _text(WIDTH - _RIGHT + 10, below + 4, line.name, f"name s{line.colour}")

    def _places(self, line: Line) -> list[tuple[float, float]]:
        return [(self._x(x), self._y(y)) for x, y in sorted(line.points)]


def nice_step(largest: float) -> float:
    """A round distance between ticks, of which `largest` is some five."""
    rough = max(largest, 1e-9) / _TICKS
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return next(magnitude * m for m in (1, 2, 2.5, 5, 10) if magnitude * m >= rough * (1 - 1e-9))


def _ticks(end: float, step: float) -> list[float]:
    return [step * i for i in range(round(end / step) + 1) if step * i <= end * (1 + 1e-9)]


def _text(x: float, y: float, text: str, style: str, anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
