"""A run as a page for people, drawn with rich for a terminal of 80 columns."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from meeting_service.bench.figures import Figure, Rows, Value
from meeting_service.bench.machine import describe_machine, list_versions
from meeting_service.bench.measures import MEASURES, get_measure, get_target, is_met
from meeting_service.bench.runner import Outcome

WIDTH = 80
_TITLE, _VALUE, _TARGET, _VERDICT = 47, 13, 9, 3
_ORDER = [measure.key for measure in MEASURES]


def make_report(outcomes: Sequence[Outcome], *, quick: bool) -> RenderableType:
    """Everything that was measured, in groups; what failed and what was asked and not met at the end."""
    figures = sorted((f for o in outcomes for f in o.figures), key=lambda figure: _ORDER.index(figure.key))
    columns = (Text(title, "dim") for title in ("", "value", "target", "met"))
    parts: list[RenderableType] = [_heading(quick=quick), Text(), _line(*columns)]
    for group, members in groupby(figures, key=lambda figure: get_measure(figure.key).group):
        parts += [Text(group, style="bold"), *_rows(list(members)), Text()]
    return Group(*parts, *_closing(outcomes, figures))


def format_value(value: Value) -> str:
    """A number with three significant digits; nothing where a table says it."""
    if not isinstance(value, int | float):
        return ""
    if abs(value) >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def _heading(*, quick: bool) -> Text:
    machine, versions = describe_machine(), list_versions()
    memory_gb = int(machine["memory_mb"]) / 1024
    text = Text("What this machine holds", style="bold")
    text.append(" (a quick look)" if quick else "", style="bold")
    text.append(f"\n{machine['processor']}, {machine['cores']} cores, {memory_gb:.0f} GB", style="dim")
    text.append(f"\nmlx {versions['mlx']} on {machine['device']}, {machine['mlx_blas']}", style="dim")
    small = "" if machine["numpy_small_products"] else ", without small products (no AVX-512)"
    text.append(f"\nnumpy {versions['numpy']}{small}", style="dim")
    return text


def _rows(figures: Sequence[Figure]) -> Iterator[RenderableType]:
    for figure in figures:
        yield _row(figure)
        if figure.rows:
            yield Padding(_small_table(figure.rows), (0, 0, 0, 4))


def _line(*cells: Text) -> Table:
    """One line in the columns that all of the page shares: measure, value, target, whether it is met."""
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False, width=WIDTH)
    table.add_column(width=_TITLE)
    table.add_column(width=_VALUE, justify="right")
    table.add_column(width=_TARGET, justify="right", style="dim")
    table.add_column(width=_VERDICT)
    table.add_row(*cells)
    return table


def _row(figure: Figure) -> RenderableType:
    measure, target, met = get_measure(figure.key), get_target(figure), is_met(figure)
    value = format_value(figure.value)
    value = f"{value} {measure.unit}".strip() if value else ""
    verdict = {None: Text(), True: Text("yes", "green"), False: Text("no", "bold yellow")}[met]
    line = _line(Text(measure.title), Text(value, "bold"), Text(str(target or "")), verdict)
    note = Text(figure.key, style="cyan dim")
    note.append(f"  {figure.note}" if figure.note else "", style="dim")
    return Group(line, Padding(note, (0, 0, 0, 2)))


def _small_table(rows: Rows) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for index, column in enumerate(rows.columns):
        table.add_column(column, justify="left" if index == 0 else "right")
    for row in rows.rows:
        table.add_row(*map(Text, row))
    return table


def _closing(outcomes: Sequence[Outcome], figures: Sequence[Figure]) -> Iterator[RenderableType]:
    asked = [met for figure in figures if (met := is_met(figure)) is not None]
    minutes = sum(outcome.seconds for outcome in outcomes) / 60
    count = f"{sum(asked)} of {len(asked)} targets met, " if asked else ""
    yield Text(f"{count}measured in {minutes:.1f} minutes", style="bold")
    for outcome in outcomes:
        if outcome.failure:
            yield Text(f"{outcome.part.name}: {outcome.failure}", style="bold red")
