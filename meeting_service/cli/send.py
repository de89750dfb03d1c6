"""`send`: plays files into a running service, as bots in a meeting would."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meeting_service.cli.choices import check_known
from meeting_service.cli.console import progress, remark
from meeting_service.cli.files import open_all
from meeting_service.cli.options import Names

if TYPE_CHECKING:
    from meeting_service.client import ConnectionReport
    from meeting_service.meeting import Meeting
    from meeting_service.sender import Progress, Source

EXAMPLES = (
    "meeting-service send http://127.0.0.1:8080 ann.flac ben.flac --name Ann --name Ben\n\n"
    "meeting-service send http://127.0.0.1:8080 talk.wav --meeting weekly --speed 0"
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is sent where, and how."""

    url: str
    sources: "Sequence[Source]"
    meeting_id: str | None
    title: str | None
    speed: float
    protocol: str
    keep_open: bool


def check_way(name: str) -> str:
    """Refuse a way that audio does not travel."""
    from meeting_service.sender import Way

    return check_known(name, Way)


def command(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the service is.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="WAV, FLAC, Ogg, WebM or MP3.")],
    names: Names = None,
    meeting: Annotated[
        str | None,
        typer.Option("--meeting", metavar="ID", help="Send into this meeting, made if it is not there."),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help="Title of a new meeting.")
    ] = None,
    speed: Annotated[
        float,
        typer.Option(
            "--speed", metavar="X", min=0, help="How many times as fast as life; 0 is as fast as it goes."
        ),
    ] = 1.0,
    protocol: Annotated[
        str,
        typer.Option(
            "--protocol", metavar="websocket|http", help="How the audio travels.", callback=check_way
        ),
    ] = "websocket",
    keep_open: Annotated[
        bool, typer.Option("--keep-open", help="Do not end the meeting when all is sent.")
    ] = False,
) -> None:
    """Play files into a running service, one participant each; goes on after the service restarts."""
    with ExitStack() as stack:
        open_all(files, stack)
    sources = name_sources(files, names or [])
    base = url if "://" in url else f"http://{url}"
    asyncio.run(deliver(Delivery(base.rstrip("/"), sources, meeting, title, speed, protocol, keep_open)))


def name_sources(files: Sequence[Path], names: Sequence[str]) -> "list[Source]":
    """Files with their participants, called as given or else as the files are.

    Raises:
        typer.BadParameter: more names than files, or one name twice.
    """
    from meeting_service.sender import Source

    if len(names) > len(files):
        raise typer.BadParameter(f"{len(names)} names for {len(files)} files", param_hint="--name")
    called = [*names, *(path.stem for path in files[len(names) :])]
    if len(set(called)) < len(called):
        raise typer.BadParameter("two participants have one name; give each its own", param_hint="--name")
    return [Source(path, name.replace("/", "-"), name) for path, name in zip(files, called, strict=True)]


async def deliver(delivery: Delivery) -> None:
    """Make the meeting, send, and end it.

    Raises:
        MeetingServiceError: the service cannot be reached, or refuses.
    """
    from meeting_service.client import MeetingClient

    async with MeetingClient(delivery.url) as client:
        meeting = await client.create_meeting(id=delivery.meeting_id, title=delivery.title)
        print(f"{delivery.url}/meetings/{meeting.id}")
        await _send(delivery, meeting)
        if delivery.keep_open:
            return
        remark("waiting for the last words …")
        await client.end(meeting.id)


async def _send(delivery: Delivery, meeting: "Meeting") -> None:
    from meeting_service.client import ConnectionState
    from meeting_service.clock import SystemClock
    from meeting_service.sender import Manner, Way, send_files

    manner = Manner(speed=delivery.speed, way=Way(delivery.protocol))
    shares = dict.fromkeys((source.participant for source in delivery.sources), 0.0)
    lost = False
    with progress("sending") as update:

        def report(told: "Progress") -> None:
            shares[told.source.participant] = told.fraction
            update(sum(shares.values()), len(shares))

        def tell(told: "ConnectionReport") -> None:
            nonlocal lost
            if told.state is ConnectionState.LOST and not lost:
                remark(f"trying again: {told.error}")
            elif told.state is ConnectionState.LIVE and lost:
                remark("connected again")
            lost = told.state is ConnectionState.LOST

        await send_files(delivery.url, meeting, delivery.sources, SystemClock(), manner, report, tell)
