"""How the command line speaks: results on standard output, all else on standard error.

Rich is imported only where something is drawn, and draws only on a terminal.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PROGRAM = "meeting-service"
INTERRUPTED = 130
"""exit code after Ctrl-C, as shells expect it"""
_FILE_COLUMNS = 1_000


def complain(detail: str) -> None:
    """Say on standard error, on one line, what went wrong."""
    line = " ".join(detail.split())
    print(f"{PROGRAM}: {line}", file=sys.stderr)


def remark(line: str) -> None:
    """Say on standard error what is going on."""
    print(line, file=sys.stderr, flush=True)


def rich_console(*, stderr: bool = False) -> "Console":
    """A console that takes names and text literally; lines are cut to a terminal's width, not to a file's."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _FILE_COLUMNS
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False, soft_wrap=True)


Update = Callable[[float, float | None], None]
"""Told the amount done and, once it is known, the amount in all."""


@contextmanager
def progress(label: str, *, size: bool = False) -> Iterator[Update]:
    """Show how far a long job is; yields what to tell.

    On a terminal a bar that goes away at the end, elsewhere a line at each quarter.

    Args:
        label: what is going on.
        size: whether amounts are bytes, to be shown as such.
    """
    console = rich_console(stderr=True)
    if console.is_terminal:
        with _bar(console, label, size=size) as update:
            yield update
    else:
        yield _lines(label)


@contextmanager
def _bar(console: "Console", label: str, *, size: bool) -> Iterator[Update]:
    from rich import progress as bars

    amounts: list[bars.ProgressColumn] = (
        [bars.DownloadColumn(), bars.TransferSpeedColumn()] if size else [bars.TaskProgressColumn()]
    )
    columns = [bars.TextColumn("{task.description}"), bars.BarColumn(), *amounts, bars.TimeRemainingColumn()]
    with bars.Progress(*columns, console=console, transient=True) as drawn:
        task = drawn.add_task(label, total=None)
        yield lambda done, total: drawn.update(task, completed=done, total=total)


def _lines(label: str) -> Update:
    remark(f"{label} …")
    said = 0

    def update(done: float, total: float | None) -> None:
        nonlocal said
        quarter = min(4, int(4 * done / total)) if total else 0
        if quarter > said:
            said = quarter
            remark(f"{label}: {25 * quarter} %")

    return update
