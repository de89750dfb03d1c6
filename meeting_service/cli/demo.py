"""`demo`: the whole service at work on the bundled meeting, with the bundled model; needs no network."""

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meeting_service.cli.console import remark
from meeting_service.cli.options import read_settings
from meeting_service.cli.results import make_folder
from meeting_service.errors import CannotStart

if TYPE_CHECKING:
    from meeting_service.cli.performance import Performance
    from meeting_service.settings import Settings

EXAMPLES = "meeting-service demo\n\nmeeting-service demo --speed 10 --exit"
HOST = "127.0.0.1"
DEFAULT_PORT = 8080
DEFAULT_OUT = Path("meeting-service-demo")


def command(
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="PORT",
            min=0,
            max=65_535,
            help="Where the page is.",
            show_default="8080, or else a free one",
        ),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            "--speed", metavar="X", min=0.1, max=100, help="How many times as fast as life it is played."
        ),
    ] = 1.0,
    leave: Annotated[
        bool, typer.Option("--exit", help="Exit after the report instead of serving on.")
    ] = False,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for transcript.srt and transcript.txt.")
    ] = DEFAULT_OUT,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Where the databases are kept.",
            show_default="a temporary folder, gone afterwards",
        ),
    ] = None,
    log_level: Annotated[
        str, typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
    ] = "warning",
) -> None:
    """Play the bundled meeting into the service: watch it live, read it afterwards."""
    make_folder(out)
    from meeting_service.cli.performance import Performance
    from meeting_service.logs import configure_logging

    performance = Performance.of_bundled_meeting(speed, out)
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="meeting-service-")))
        settings = read_settings(
            server={"host": HOST, "port": choose_port(port), "insecure": False},
            data={"directory": folder},
            model={"name": "demo"},
            logging={"level": log_level},
        )
        configure_logging(settings.logging)
        asyncio.run(demonstrate(settings, performance, leave=leave))


def choose_port(wanted: int | None) -> int:
    """The wanted port; without one the usual, or a free one where that is taken.

    Raises:
        CannotStart: the wanted one is taken.
    """
    from meeting_service.preflight import check_port, find_free_port

    try:
        check_port(HOST, DEFAULT_PORT if wanted is None else wanted)
    except CannotStart:
        if wanted is not None:
            raise
        return find_free_port(HOST)
    return DEFAULT_PORT if wanted is None else wanted


async def demonstrate(settings: "Settings", performance: "Performance", *, leave: bool) -> None:
    """Serve, play and report; then leave, or serve on until stopped."""
    from meeting_service.cli.service import run_service

    remark("starting …")
    async with run_service(settings) as service:
        await service.do_beside(performance.perform(service.url))
        if not leave:
            remark(f"\nstill serving {service.url} - Ctrl-C stops it")
            await service.wait_until_stopped()
