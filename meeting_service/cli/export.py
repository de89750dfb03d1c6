"""`export`: writes a meeting's transcript from the data folder; the service may run or not."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meeting_service.cli.options import Config, Data, Format, Out, read_settings
from meeting_service.cli.results import write_transcript
from meeting_service.errors import NotFound

if TYPE_CHECKING:
    from meeting_service.meeting import Meeting
    from meeting_service.storage import Store
    from meeting_service.transcript import Transcript

EXAMPLES = (
    "meeting-service export 20260314-5f2c --format srt --out meeting.srt\n\n"
    "meeting-service export 20260314-5f2c --format txt | less"
)
_RECENT = 5


def command(
    meeting: Annotated[str, typer.Argument(metavar="MEETING", help="The meeting's id.")],
    form: Format = "txt",
    revision: Annotated[
        int | None,
        typer.Option(
            "--revision",
            metavar="N",
            min=1,
            help="Which text; 1 is the live one.",
            show_default="the current one",
        ),
    ] = None,
    out: Out = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Write a meeting's transcript, from the data folder."""
    settings = read_settings(config, data={"directory": data})
    from meeting_service.runtime import STORE_FILE

    path = settings.data.directory / STORE_FILE
    if not path.exists():
        raise NotFound(f"there are no meetings in {path.parent}: choose another folder with --data")
    transcript = asyncio.run(_read(path, meeting, revision))
    write_transcript(transcript, form, out)


async def _read(path: Path, meeting_id: str, revision: int | None) -> "Transcript":
    from meeting_service.clock import SystemClock
    from meeting_service.storage import Store

    store = await Store.open_to_read(path, SystemClock())
    try:
        if await store.find_meeting(meeting_id) is None:
            raise NotFound(f"there is no meeting {meeting_id}; {await _recent(store)}")
        return await store.get_transcript(meeting_id, revision)
    finally:
        await store.close()


async def _recent(store: "Store") -> str:
    def describe(meeting: "Meeting") -> str:
        return f"{meeting.id} ({meeting.title})"

    page = await store.list_meetings(limit=_RECENT)
    if not page.meetings:
        return "there are none in this folder"
    return "the latest are: " + ", ".join(describe(meeting) for meeting in page.meetings)
