"""Where a command's result goes: standard output or a file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from meeting_service.errors import MeetingServiceError

if TYPE_CHECKING:
    from meeting_service.exports import ExportOptions
    from meeting_service.transcript import Transcript

BINARY = ("docx", "zip")


def write_transcript(transcript: "Transcript", form: str, out: Path | None, options: "ExportOptions") -> None:
    """Write a transcript in a format there is, to a file or else to standard output.

    Raises:
        MeetingServiceError: when the file cannot be written, or a terminal could not show it.
        NotFound: there is no such participant.
    """
    from meeting_service.exports import make_download

    made = make_download(transcript, form, options)
    if out is not None:
        write_file(out, made.content)
        return
    if sys.stdout.isatty() and made.extension in BINARY:
        raise MeetingServiceError(
            f"a terminal cannot show {made.extension}: say where to write it with --out"
        )
    sys.stdout.flush()
    sys.stdout.buffer.write(made.content)
    sys.stdout.buffer.flush()


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
