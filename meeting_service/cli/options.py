"""Options that several commands share, and the settings they make."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meeting_service.errors import CannotStart

if TYPE_CHECKING:
    from meeting_service.settings import Settings

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings in TOML, over the built-in ones."),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Where the databases are kept.", show_default="data"),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME|DIR|demo",
        help="A model's hub name, a folder with one, or the bundled demo model.",
        show_default="mlx-community/parakeet-tdt-0.6b-v3",
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="NAME|DIR|demo",
        help="A model's hub name, a folder with one, or the bundled demo model. Repeat it to load more, "
        "which meetings may choose.",
        show_default="mlx-community/parakeet-tdt-0.6b-v3",
    ),
]
LogLevel = Annotated[
    str | None,
    typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error.", show_default="info"),
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--name", metavar="NAME", help="A participant's name; repeat it, in the order of the files."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Write to this file instead of standard output."),
]


def read_settings(config: Path | None = None, **options: dict[str, Any]) -> "Settings":
    """All settings, with the options that were given over them.

    Raises:
        CannotStart: when a setting does not fit.
        typer.BadParameter: when an option does not.
    """
    from meeting_service.settings import load_settings

    given = {
        section: {key: value for key, value in values.items() if value is not None}
        for section, values in options.items()
    }
    try:
        return load_settings(config, given)
    except CannotStart as error:
        load_settings(config)  # without the options: what is wrong in it is no wrong usage
        raise typer.BadParameter(error.detail) from error
