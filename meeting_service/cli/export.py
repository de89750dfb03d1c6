"""`export`: writes a meeting's transcript or audio from the data folder; the service may run or not."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meeting_service.cli.choices import (
    CaptionRules,
    From,
    KeepOverlaps,
    LineChars,
    NoNames,
    NoTimes,
    PerParticipant,
    To,
    Who,
    check_known,
    make_options,
)
from meeting_service.cli.kept import open_store
from meeting_service.cli.options import Config, Data, Out, read_settings
from meeting_service.cli.recording import AUDIO_FORMATS, write_recording
from meeting_service.cli.results import check_output, write_transcript

if TYPE_CHECKING:
    from meeting_service.transcript import Transcript

EXAMPLES = (
    "meeting-service export 20260314-5f2c --format srt --out meeting.srt\n\n"
    "meeting-service export 20260314-5f2c --format txt | less\n\n"
    "meeting-service export 20260314-5f2c --format vtt --participant Ann --from 10:00 --to 12:30\n\n"
    "meeting-service export 20260314-5f2c --format opus --out meeting.opus"
)


def check_any_format(name: str) -> str:
    """Refuse a format that is neither a transcript's nor audio's."""
    from meeting_service.exports import formats

    return check_known(name, (*formats, *AUDIO_FORMATS))


AnyFormat = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="txt, md, docx, srt, vtt, json, csv, whisper, podcast, seglst, stm, ctm or rttm; "
        "the audio as wav, flac or opus.",
        callback=check_any_format,
    ),
]


def command(
    meeting: Annotated[str, typer.Argument(metavar="MEETING", help="The meeting's id.")],
    form: AnyFormat = "txt",
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
    no_names: NoNames = False,
    no_times: NoTimes = False,
    preset: CaptionRules = "netflix",
    line_chars: LineChars = None,
    keep_overlaps: KeepOverlaps = False,
    participant: Who = None,
    from_ms: From = None,
    to_ms: To = None,
    per_participant: PerParticipant = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Write a meeting's transcript or audio, from the data folder."""
    options = make_options(
        no_names=no_names,
        no_times=no_times,
        preset=preset,
        line_chars=line_chars,
        keep_overlaps=keep_overlaps,
        participant=participant,
        from_ms=from_ms,
        to_ms=to_ms,
        per_participant=per_participant,
    )
    check_output(form, out, options)
    settings = read_settings(config, data={"directory": data})
    transcript = asyncio.run(_read(settings.data.directory, meeting, revision))
    if form in AUDIO_FORMATS:
        write_recording(settings.data.directory, meeting, form, out, options)
        return
    write_transcript(transcript, form, out, replace(options, as_of=_as_of(transcript)))


def _as_of(transcript: "Transcript") -> datetime | None:
    from meeting_service.meeting import MeetingState

    return None if transcript.meeting.state is MeetingState.ENDED else datetime.now(UTC)


async def _read(folder: Path, meeting_id: str, revision: int | None) -> "Transcript":
    async with open_store(folder, meeting_id) as store:
        return await store.get_transcript(meeting_id, revision)
