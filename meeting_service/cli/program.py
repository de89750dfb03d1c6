"""The program `meeting-service`: its commands, and what becomes of their errors."""

import io
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from meeting_service.cli import (
    account,
    backup,
    bench,
    demo,
    doctor,
    export,
    migrate,
    model,
    restore,
    send,
    serve,
    transcribe,
    version,
)
from meeting_service.cli.console import complain
from meeting_service.errors import MeetingServiceError

FAILED = 1

app = typer.Typer(
    name="meeting-service",
    help="Transcribe meetings on your own machine: one audio stream per participant in, one live "
    "transcript out.",
    epilog="Try it: meeting-service demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # Rich would show flags as if they took a value
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
_IN_ORDER = (serve, demo, transcribe, send, export, account, backup, restore, bench, doctor, migrate, version)
for _module in _IN_ORDER:
    _name = _module.__name__.rpartition(".")[2]
    app.command(_name, short_help=_module.command.__doc__, epilog=f"For example:\n\n{_module.EXAMPLES}")(
        _module.command
    )
app.add_typer(model.app, name="model")


def show_version(wanted: bool) -> None:
    """Do what the command `version` does."""
    if wanted:
        version.command()
        raise typer.Exit


@app.callback()
def global_options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    show: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """Options of every command; `main` reads them from the arguments."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failed with one line, 2 wrong usage, 130 interrupted."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # who reads from a pipe sees lines as they come
    try:
        app(args=arguments, prog_name="meeting-service")
    except Exception as error:
        if "--debug" in arguments:
            raise
        complain(explain(error, arguments))
        sys.exit(FAILED)


def explain(error: Exception, arguments: Sequence[str]) -> str:
    """The one line an error is told in; of several at once, the first."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, MeetingServiceError):
        return error.detail
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    first_line = reason.splitlines()[0]
    command = next((a for a in arguments if not a.startswith("-")), "…")
    return f"unexpected error ({first_line}); 'meeting-service --debug {command} …' shows where it came from"
