"""Where a command's result goes: standard output or a file."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from meeting_service.cli.recording import AUDIO_FORMATS
from meeting_service.errors import MeetingServiceError

if TYPE_CHECKING:
    from meeting_service.exports import ExportOptions
    from meeting_service.transcript import Transcript

BINARY = ("docx", *AUDIO_FORMATS)
"""formats that a terminal cannot show"""


def check_output(form: str, out: Path | None, options: "ExportOptions") -> None:
    """Find out before the work, not after it, that its result could not be written.

    Raises:
        typer.BadParameter: a terminal could not show it.
        MeetingServiceError: the file cannot be written.
    """
    if out is not None:
        check_writable(out)
    elif sys.stdout.isatty() and (options.per_participant or form in BINARY):
        shown = "zip" if options.per_participant else form
        raise typer.BadParameter(f"a terminal cannot show {shown}: say where to write it with --out")


def write_transcript(transcript: "Transcript", form: str, out: Path | None, options: "ExportOptions") -> None:
    """Write a transcript in a format there is, to a file or else to standard output.

    Raises:
        MeetingServiceError: when the file cannot be written.
        NotFound: there is no such participant.
    """
    from meeting_service.exports import make_download

    made = make_download(transcript, form, options)
    if out is not None:
        write_file(out, made.content)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(made.content)
    sys.stdout.buffer.flush()


def check_writable(path: Path) -> None:
    """Find out before the work whether a file can be written; it is left as it is.

    Raises:
        MeetingServiceError: when it cannot.
    """
    if path.is_dir():
        reason = "it is a folder"
    elif not path.parent.is_dir():
        reason = f"there is no folder {path.parent}"
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        reason = "that is not allowed here"
    else:
        return
    raise MeetingServiceError(f"{path} cannot be written: {reason}")


def write_file(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        MeetingServiceError: when it cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise MeetingServiceError(f"{path} cannot be written: {error.strerror}") from error


def make_folder(path: Path) -> None:
    """Make a folder, unless it is there.

    Raises:
        MeetingServiceError: when it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MeetingServiceError(f"the folder {path} cannot be made: {error.strerror}") from error
