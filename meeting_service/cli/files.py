"""Audio files named on the command line."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from meeting_service.cli.console import complain
from meeting_service.errors import InvalidAudio

if TYPE_CHECKING:
    from meeting_service.offline import AudioFile


def open_all(paths: Sequence[Path], stack: ExitStack) -> "list[AudioFile]":
    """Open every file for as long as `stack` lasts, or say of each why it cannot be read.

    Raises:
        typer.Exit: when one or more cannot.
    """
    from meeting_service.offline import AudioFile

    opened = []
    for path in paths:
        try:
            opened.append(stack.enter_context(AudioFile(path)))
        except InvalidAudio as error:
            complain(error.detail)
    if len(opened) < len(paths):
        raise typer.Exit(1)
    return opened
