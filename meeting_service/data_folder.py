"""What lies in the data folder, and how a backup that is being put back gets there as a whole.

A restore prepares all files in a folder of its own and makes them the service's by renaming that folder. From
then on they are what the folder holds: whoever comes first, the restore or a service that starts, moves them
into their places, and does so again from wherever it was cut off.
"""

import os
import shutil
from pathlib import Path

LEDGER_FILE = "audio.db"
STORE_FILE = "meetings.db"
SUSPECTS_FILE = "suspects.json"
IN_WORK_FILE = "in-work.bin"
"""with the former: what the recogniser died of, by streams of the databases beside them"""
PREPARING = "restore.partial"
"""a backup is being read; nobody needs what is left of it if that is cut off"""
PREPARED = "restore.ready"
"""both databases, checked, on their way to their places"""
_BESIDE = ("-wal", "-shm", "-journal")


def settle(folder: Path) -> None:
    """Finish a restore that was cut off, or clear away one that had not come to its end.

    For who holds the right to write to the folder, before anything in it is opened.
    """
    preparing, prepared = folder / PREPARING, folder / PREPARED
    if preparing.exists():
        shutil.rmtree(preparing)
    if prepared.exists():
        _move_in(prepared, folder)


def sync_path(path: Path) -> None:
    """Make durable what a file holds, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _move_in(prepared: Path, folder: Path) -> None:
    for note in (SUSPECTS_FILE, IN_WORK_FILE):  # on streams whose numbers come back for other audio
        (folder / note).unlink(missing_ok=True)
    for file in sorted(prepared.iterdir()):
        for beside in _BESIDE:  # a log of the former file would be taken for one of the new
            (folder / f"{file.name}{beside}").unlink(missing_ok=True)
        file.replace(folder / file.name)
    for copy in folder.glob(f"{STORE_FILE}.*.bak"):  # of what was there before
        copy.unlink()
    sync_path(folder)
    prepared.rmdir()
    sync_path(folder)
