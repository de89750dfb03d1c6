"""Options about what of a transcript is written, and how; `export` and `transcribe` share them."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from meeting_service.errors import InvalidRequest

if TYPE_CHECKING:
    from datetime import datetime

    from meeting_service.exports import ExportOptions

_OFFSET = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,4}):)?(\d{1,6})(?:\.(\d{1,3}))?", re.ASCII)


def check_known(name: str, known: Iterable[str]) -> str:
    """Refuse a name there is not, before any work is done."""
    names = list(known)
    if name not in names:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(names)}")
    return name


def check_format(name: str) -> str:
    """Refuse a format there is no writer for."""
    from meeting_service.exports import formats

    return check_known(name, formats)


def check_preset(name: str) -> str:
    """Refuse rules nobody has written down."""
    from meeting_service.exports import Preset

    return check_known(name, Preset)


def parse_offset(text: str | int | None) -> int | None:
    """Seconds, M:SS or H:MM:SS, with up to three places, as milliseconds."""
    if text is None or isinstance(text, int):
        return text
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is no time such as 90, 1:30 or 0:01:30.5")
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((match[4] or "").ljust(3, "0"))


Format = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="txt, md, docx, srt, vtt, json, csv, whisper, podcast, seglst, stm, ctm or rttm.",
        callback=check_format,
    ),
]
NoNames = Annotated[bool, typer.Option("--no-names", help="Leave out who speaks.")]
NoTimes = Annotated[bool, typer.Option("--no-times", help="Leave out when, in what people read.")]
CaptionRules = Annotated[
    str,
    typer.Option(
        "--preset",
        metavar="netflix|bbc|podcast|raw",
        help="The rules captions keep to: lines, time on the screen, reading speed.",
        callback=check_preset,
    ),
]
LineChars = Annotated[
    int | None,
    typer.Option(
        "--line-chars", metavar="N", min=20, max=1000, help="Characters a line may have.", show_default=False
    ),
]
KeepOverlaps = Annotated[
    bool, typer.Option("--keep-overlaps", help="In SRT, let captions overlap where people do.")
]
Who = Annotated[str | None, typer.Option("--participant", metavar="ID|NAME", help="Only what this one says.")]
From = Annotated[
    int | None,
    typer.Option("--from", metavar="TIME", help="Only what is said after: 90 or 1:30.", parser=parse_offset),
]
To = Annotated[
    int | None,
    typer.Option("--to", metavar="TIME", help="Only what is said before: 90 or 1:30.", parser=parse_offset),
]
PerParticipant = Annotated[
    bool, typer.Option("--per-participant", help="A ZIP with a file for each participant.")
]


def make_options(
    *,
    no_names: bool,
    no_times: bool,
    preset: str,
    line_chars: int | None,
    keep_overlaps: bool,
    participant: str | None,
    from_ms: int | None,
    to_ms: int | None,
    per_participant: bool,
    as_of: "datetime | None" = None,
) -> "ExportOptions":
    """The options that were given.

    Raises:
        typer.BadParameter: they do not go together.
    """
    from meeting_service.exports import ExportOptions, Preset

    try:
        return ExportOptions(
            names=not no_names,
            times=not no_times,
            preset=Preset(preset),
            line_chars=line_chars,
            keep_overlaps=keep_overlaps,
            participant=participant,
            from_ms=from_ms,
            to_ms=to_ms,
            per_participant=per_participant,
            as_of=as_of,
        )
    except InvalidRequest as error:
        raise typer.BadParameter(error.detail) from error
