"""`bench`: what this machine holds, as a table for people and as JSON for machines."""

import itertools
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meeting_service.cli.choices import check_known
from meeting_service.cli.console import INTERRUPTED, complain, remark, rich_console
from meeting_service.cli.results import check_writable, make_folder, write_file

if TYPE_CHECKING:
    from meeting_service.bench.part import Part
    from meeting_service.bench.runner import Outcome

EXAMPLES = (
    "meeting-service bench --quick\n\n"
    "meeting-service bench --part vad --part accuracy\n\n"
    "meeting-service bench --json bench.json --out plots"
)
PAGE_WIDTH = 80
CAPACITY_PLOT = "capacity.svg"
"""the plot that `--svg` takes"""


def check_parts(names: list[str] | None) -> list[str]:
    """Refuse a part there is not, before any work is done."""
    if not names:
        return []
    from meeting_service.bench.registry import PARTS

    return [check_known(name, (part.name for part in PARTS)) for name in names]


def command(
    context: typer.Context,
    part: Annotated[
        list[str] | None,
        typer.Option("--part", metavar="NAME", help="Only this part; may be repeated.", callback=check_parts),
    ] = None,
    list_parts: Annotated[bool, typer.Option("--list", help="Name the parts and what they measure.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="A look in under three minutes, with shorter audio.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write everything measured as JSON.")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Write the capacity curve as SVG.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write the JSON and all plots into this folder."),
    ] = None,
) -> None:
    """Measure recognition and the whole service on this machine; under half an hour on two cores."""
    from meeting_service.bench.registry import choose_parts
    from meeting_service.bench.report import make_report

    if list_parts:
        _list()
        return
    _configure_logging(context)
    _check_outputs([path for path in (json_file, svg) if path], out)
    outcomes, document = _measure(choose_parts(part or (), quick=quick), quick=quick)
    report = make_report(outcomes, quick=quick)
    rich_console().print(report, width=PAGE_WIDTH, soft_wrap=False)
    _write(outcomes, document, json_file=json_file, svg=svg, out=out)
    _exit(outcomes)


def _configure_logging(context: typer.Context) -> None:
    """Only what goes wrong; with `--debug` also where a part failed."""
    from meeting_service.logs import configure_logging
    from meeting_service.settings import LoggingSettings

    debug = context.parent is not None and context.parent.params.get("debug")
    configure_logging(LoggingSettings(level="info" if debug else "warning", json=False))


def _list() -> None:
    from rich.table import Table
    from rich.text import Text

    from meeting_service.bench.registry import PARTS

    table = Table("part", "measures", "minutes", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for part in PARTS:
        table.add_row(part.name, part.title, f"{part.minutes:g}")
        table.add_row("", Text(", ".join(part.keys), style="dim"), "")
    rich_console().print(table, width=PAGE_WIDTH, soft_wrap=False)


def _check_outputs(files: Sequence[Path], folder: Path | None) -> None:
    """Find out before the work, not after it, what cannot be written."""
    if folder:
        make_folder(folder)
    for path in files:
        check_writable(path)


def _measure(parts: Sequence["Part"], *, quick: bool) -> tuple[list["Outcome"], dict[str, Any]]:
    from meeting_service.bench.context import Context
    from meeting_service.bench.document import make_document
    from meeting_service.bench.runner import run_parts

    started_at = datetime.now(UTC)
    outcomes = []
    with _progress(len(parts)) as (begin, say), tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        for outcome in run_parts(parts, Context(Path(scratch), quick=quick, say=say), begin):
            outcomes.append(outcome)
            if outcome.failure:
                complain(f"{outcome.part.name}: {outcome.failure}")
    return outcomes, make_document(outcomes, quick=quick, started_at=started_at)


@contextmanager
def _progress(count: int) -> Iterator[tuple[Callable[["Part"], None], Callable[[str], None]]]:
    """What to tell of a part that begins, and of what is going on in it.

    On a terminal one line that changes and goes away at the end, elsewhere a line each.
    """
    console, began = rich_console(stderr=True), itertools.count(1)
    label = ""

    def begin(part: "Part") -> None:
        nonlocal label
        label = f"part {next(began)} of {count}: {part.title}"
        status.update(label)
        if not console.is_terminal:
            remark(label)

    def say(text: str) -> None:
        status.update(f"{label}, {text}")
        if not console.is_terminal:
            remark(f"  {text}")

    with console.status("") as status:
        yield begin, say


def _write(
    outcomes: Sequence["Outcome"],
    document: Mapping[str, Any],
    *,
    json_file: Path | None,
    svg: Path | None,
    out: Path | None,
) -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    plots = {name: plot for o in outcomes for figure in o.figures for name, plot in figure.plots.items()}
    if json_file:
        write_file(json_file, text.encode())
    if out:
        write_file(out / "bench.json", text.encode())
        for name, plot in plots.items():
            write_file(out / name, plot.encode())
    if svg and CAPACITY_PLOT in plots:
        write_file(svg, plots[CAPACITY_PLOT].encode())
    elif svg:
        complain("the capacity was not measured, so there is no curve to draw")


def _exit(outcomes: Sequence["Outcome"]) -> None:
    if any(outcome.interrupted for outcome in outcomes):
        raise typer.Exit(INTERRUPTED)
    if any(outcome.failure for outcome in outcomes):
        raise typer.Exit(1)
