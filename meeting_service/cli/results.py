"""Where a command's result goes: standard output or a file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from meeting_service.errors import MeetingServiceError

if TYPE_CHECKING:
    from meeting_service.transcript import Transcript


def write_transcript(transcript: "Transcript", form: str, out: Path | None) -> None:
    """Write a transcript in a format there is.

    Raises:
        MeetingServiceError: when the file cannot be written.
    """
    from meeting_service.exports import ExportOptions, formats

    write_result(formats[form].write(transcript, ExportOptions()), out)


def write_result(text: str, out: Path | None) -> None:
    """Write UTF-8, with the line ends as they are, to a file or else to standard output.

    Raises:
        MeetingServiceError: when the file cannot be written.
    """
    if out is not None:
        write_file(out, text.encode())
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
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
