"""`model`: which models there are, which are on this machine, and how to get one."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from meeting_service.cli.console import Update, progress, rich_console
from meeting_service.errors import NotFound

if TYPE_CHECKING:
    from meeting_service.recogniser import ModelPath
    from meeting_service.recogniser.models import Progress
    from meeting_service.settings import ModelSettings

app = typer.Typer(help="List, download and locate models.", no_args_is_help=True, rich_markup_mode=None)
_SMALL = 1_000_000
Name = Annotated[str, typer.Argument(metavar="NAME", help="A model's hub name, a folder, or demo.")]


@app.command("list", epilog="meeting-service model list")
def list_models() -> None:
    """List the models known to work, and which are on this machine."""
    from rich.table import Table

    from meeting_service.recogniser import KNOWN_MODELS, find_model
    from meeting_service.settings import load_settings

    chosen = load_settings().model
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("name", no_wrap=True)
    for title in ("size", "here", "kind", "hears"):
        table.add_column(title)
    for known in KNOWN_MODELS:
        here = "yes" if find_model(known.name) else "no"
        hears = known.languages + _describe_use(known.name, chosen)
        table.add_row(known.name, describe_size(known.size_mb), here, known.kind, hears)
    for name in set(chosen.names).difference(known.name for known in KNOWN_MODELS):
        here = "yes" if find_model(name) else "no"
        table.add_row(name, "", here, "", _describe_use(name, chosen).removeprefix("; "))
    rich_console().print(table, soft_wrap=False)


@app.command(epilog="meeting-service model fetch mlx-community/parakeet-tdt-0.6b-v3")
def fetch(name: Name) -> None:
    """Download a model; what is already there is not downloaded again."""
    print(get_or_fetch(name).directory)


@app.command(epilog='ls "$(meeting-service model path demo)"')
def path(name: Name) -> None:
    """Print the folder a model is in."""
    from meeting_service.recogniser import find_model

    if (found := find_model(name)) is None:
        raise NotFound(
            f"model {name} is not on this machine: meeting-service model fetch {name} downloads it"
        )
    print(found.directory)


def get_or_fetch(name: str) -> "ModelPath":
    """The model's files, downloaded now if they are not here.

    Raises:
        CannotStart: they are neither here nor to be had.
    """
    from meeting_service.recogniser import find_model, get_model

    return find_model(name) or _with_progress(name, get_model)


def _with_progress(name: str, get: "Callable[[str, Progress], ModelPath]") -> "ModelPath":
    with ExitStack() as shown:
        update: Update | None = None

        def fetched(done: int, total: int) -> None:
            nonlocal update
            if total < _SMALL:  # the few bytes of the configuration would be a bar of their own
                return
            update = update or shown.enter_context(progress(f"downloading {name}", size=True))
            update(done, total)

        return get(name, fetched)


def _describe_use(name: str, chosen: "ModelSettings") -> str:
    """What the settings do with a model."""
    if name == chosen.name:
        return "; the default"
    return "; loaded by serve as well" if name in chosen.others else ""


def describe_size(megabytes: int) -> str:
    """A size as people read it."""
    return f"{megabytes} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB"
