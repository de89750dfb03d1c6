"""`serve`: runs the service until it is told to stop."""

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from meeting_service.cli.console import remark
from meeting_service.cli.model import get_or_fetch
from meeting_service.cli.options import Config, Data, LogLevel, Models, read_settings
from meeting_service.errors import CannotStart

if TYPE_CHECKING:
    import socket

    from meeting_service.settings import Settings

EXAMPLES = "meeting-service serve --model demo\n\nmeeting-service serve --port 9000 --data /srv/meetings"
EXPOSED = (
    "everybody who can reach this machine can read, change and delete every meeting, "
    "because there is no access control yet"
)


def command(
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="ADDRESS", help="Where to listen.", show_default="127.0.0.1"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="PORT",
            min=0,
            max=65_535,
            help="The port; 0 takes a free one.",
            show_default="8080",
        ),
    ] = None,
    data: Data = None,
    model: Models = None,
    config: Config = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow a --host that others can reach, without access control.")
    ] = False,
    log_level: LogLevel = None,
) -> None:
    """Run the service; prints its address when it is ready."""
    settings = read_settings(
        config,
        server={"host": host, "port": port, "insecure": insecure or None},
        data={"directory": data},
        model=choose_models(model or ()),
        logging={"level": log_level},
    )
    check_exposure(settings)
    with take_port(settings) as listener:
        check_start(settings)
        remark(f"loading {', '.join(settings.model.names)} …")
        from meeting_service.app import serve
        from meeting_service.logs import configure_logging

        configure_logging(settings.logging)
        asyncio.run(serve(settings, announce, listener=listener))


def choose_models(names: Sequence[str]) -> dict[str, str | tuple[str, ...] | None]:
    """The settings that a list of models means: the first is the default; one alone leaves the others be."""
    first, *others = names or (None,)
    return {"name": first, "others": tuple(filter(None, others)) or None}


def announce(url: str) -> None:
    """Say that the service can be used."""
    print(f"meeting-service is ready: {url}")
    remark("Ctrl-C stops it")


def check_exposure(settings: "Settings") -> None:
    """Refuse an address that others can reach, unless that was asked for.

    Raises:
        CannotStart: without `insecure`.
    """
    host = settings.server.host
    if is_loopback(host):
        return
    if not settings.server.insecure:
        raise CannotStart(f"listening on {host} needs --insecure as well: {EXPOSED}")
    remark(f"warning: listening on {host}: {EXPOSED}")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def take_port(settings: "Settings") -> "socket.socket":
    """The listening socket, taken before anything is downloaded or loaded; who connects waits.

    Raises:
        CannotStart: the port cannot be had.
    """
    from meeting_service.preflight import listen

    return listen(settings.server.host, settings.server.port)


def check_start(settings: "Settings") -> None:
    """What can be known to be wrong before anything heavy is loaded; downloads the model if need be.

    Raises:
        CannotStart: names what is wrong with the data folder or the model.
    """
    from meeting_service.preflight import check_folder

    check_folder(settings.data.directory)
    from meeting_service.runtime import check_unused

    check_unused(settings.data.directory)
    for name in settings.model.names:
        get_or_fetch(name)
