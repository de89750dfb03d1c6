"""What is to be known of a recogniser's crashes when the service has died with it.

The system keeps what a process has written when the process dies, so nothing here is synced: a power loss
costs knowledge that three more crashes bring back.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from meeting_service.data_folder import IN_WORK_FILE, SUSPECTS_FILE
from meeting_service.worker.blackboard import SIZE, Blackboard, Item


class Notes:
    """Two small files in a folder; without one, nothing is remembered."""

    def __init__(self, folder: Path | None) -> None:
        # A copy of the blackboard.
        self._in_work = None if folder is None else folder / IN_WORK_FILE
        self.suspects = None if folder is None else folder / SUSPECTS_FILE

    def open_in_work(self) -> IO[bytes]:
        """The file, empty, for a child to write to."""
        with suppress(OSError):
            if self._in_work is not None:
                return self._in_work.open("wb", buffering=0)
        return Path(os.devnull).open("wb", buffering=0)

    def read_in_work(self) -> Sequence[Item]:
        """What was in work when a service ended that had no time to say good-bye."""
        with suppress(OSError):
            if self._in_work is not None:
                return Blackboard(bytearray(self._in_work.read_bytes().ljust(SIZE, b"\0"))).read().items
        return ()

    def clear_in_work(self) -> None:
        """The end was an orderly one: nobody is suspected of it."""
        with suppress(OSError):
            if self._in_work is not None:
                self._in_work.unlink(missing_ok=True)
