"""What taking and restoring share: how far they are, and what went wrong with files."""

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from meeting_service.errors import DiskFull, MeetingServiceError, StorageFailed

SYNC_EVERY_BYTES = 8 << 20

OnProgress = Callable[[float, float | None], None]
"""Told bytes done and bytes in all."""
OnBytes = Callable[[int], None]
"""Told of so many more bytes."""


def counting(total: int, on_progress: OnProgress) -> OnBytes:
    """Adds up what it is told, and passes the sum on."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        on_progress(done, total)

    return count


def explain(error: Exception, what: str) -> MeetingServiceError:
    """An error of files or databases as one of ours."""
    full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    if full or getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return DiskFull(f"{what}: there is no room left")
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return StorageFailed(f"{what}: {reason}")


class SteadySync:
    """Syncs a file that grows a little at a time. One sync of it all would hold up everybody else's.

    Args:
        path: of the file; it must be there.
    """

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDONLY)
        self._unsynced_bytes = 0

    def grown(self, more: int) -> None:
        """The file holds so many bytes more."""
        self._unsynced_bytes += more
        if self._unsynced_bytes >= SYNC_EVERY_BYTES:
            self.sync()

    def sync(self) -> None:
        """Make what the file holds durable."""
        self._unsynced_bytes = 0
        os.fsync(self._handle)

    def close(self) -> None:
        """Let go of the file, synced or not."""
        os.close(self._handle)
