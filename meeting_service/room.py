"""How much fits on the disk: audio is refused before there is none, so that text and deletions go on."""

import errno
import shutil
from pathlib import Path

from meeting_service import metrics
from meeting_service.errors import DiskFull

_NONE_BYTES = 1 << 20
"""a disk with less is full, whatever name an error has"""
_ENOUGH = 1.05
"""of what must be free, before audio is taken again: so the answer does not change with every piece"""


class Room:
    """Whether the disk with a folder has room for audio. Belongs to one thread.

    Args:
        folder: on that disk.
        min_free_bytes: kept for what is written besides.
    """

    def __init__(self, folder: Path, min_free_bytes: int) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._lacks = False

    def find_lack(self) -> DiskFull | None:
        """Why audio is not to be stored now, or None."""
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError:
            return None  # writing will say what is wrong
        metrics.disk_free_bytes.set(free)
        self._lacks = free < self._min_free_bytes * (_ENOUGH if self._lacks else 1)
        if not self._lacks:
            return None
        return DiskFull(
            f"there is no room left for audio: {free >> 20} MB are free, and {self._min_free_bytes >> 20} MB "
            "are kept for text and for deleting"
        )


def is_full(folder: Path) -> bool:
    """Whether nothing fits any more."""
    try:
        return shutil.disk_usage(folder).free < _NONE_BYTES
    except OSError as error:
        return error.errno == errno.ENOSPC
