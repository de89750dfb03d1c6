"""A small file system in memory that a test can fill and free: a disk that is really full."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


def require_mounts() -> None:
    """Skip who may not mount, saying so; where tests must be complete, fail."""
    if os.geteuid() == 0 and Path("/proc/mounts").exists():
        return
    reason = "NOT ROOT ON LINUX: no disk is filled; run the tests as root, in a container for example"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class SmallDisk:
    """A mounted file system. Made by `mount_small_disk`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, leave_bytes: int = 0) -> None:
        """Let somebody else's file take all room but so much."""
        with self._filler.open("ab") as filler:
            while (rest := shutil.disk_usage(self.folder).free - leave_bytes) > 0:
                with suppress(OSError):  # somebody else was faster
                    os.posix_fallocate(filler.fileno(), filler.seek(0, os.SEEK_END), rest)

    def free(self) -> None:
        """Take that file away."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def mount_small_disk(folder: Path, size_mb: int) -> Iterator[SmallDisk]:
    """An empty file system of that size, unmounted whatever happens; what was on it is gone then."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "small-disk", folder], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
