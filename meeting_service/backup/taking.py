"""Taking a backup, while the service runs or not: never a half one, and nothing waits for it."""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from meeting_service import __version__
from meeting_service.backup.archive import FileEntry, Manifest, write_archive
from meeting_service.backup.files import OnBytes, OnProgress, SteadySync, counting, explain
from meeting_service.backup.snapshot import Snapshot, take_snapshots
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE, sync_path
from meeting_service.errors import Conflict, NotFound


def back_up(
    folder: Path, to: Path, *, audio: bool = True, replace: bool = False, on_progress: OnProgress
) -> Manifest:
    """Write everything kept in a data folder to one file, which is whole and durable when this returns.

    Beside it lies `<file>.partial` meanwhile, with a copy of the databases.

    Args:
        folder: where a service keeps its data; it may be running.
        to: the file; not in that folder.
        audio: without it only meetings, names and text.
        replace: whether a file that is there may be replaced.
        on_progress: told how far it is.

    Raises:
        NotFound: there is nothing in the folder.
        Conflict: the file is there, or in the folder, or being written.
        DiskFull, StorageFailed: there is no backup.
    """
    names = [STORE_FILE, *([LEDGER_FILE] if audio and (folder / LEDGER_FILE).exists() else [])]
    _check(folder, to, replace=replace)
    try:
        with _partial(to) as partial:
            manifest = _write(folder, names, partial, on_progress)
            os.replace(partial / "archive", to)
            sync_path(to.parent)
    except (OSError, sqlite3.Error) as error:
        raise explain(error, f"the backup {to} could not be written") from error
    return manifest


def _check(folder: Path, to: Path, *, replace: bool) -> None:
    if not (folder / STORE_FILE).exists():
        raise NotFound(f"there are no meetings in {folder}: choose another folder with --data")
    if to.is_dir() or (to.exists() and not replace):
        raise Conflict(
            f"{to} is there already: choose another name, or allow it to be replaced with --replace"
        )
    if to.parent.resolve().is_relative_to(folder.resolve()):
        raise Conflict(f"{to} would be in the data folder, and lost with it: choose another place")


@contextmanager
def _partial(to: Path) -> Iterator[Path]:
    """A folder for what is not finished. What a backup that was cut off left in it goes first."""
    partial = to.with_name(f"{to.name}.partial")
    partial.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(partial, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"another backup is being written to {to}") from error
        for left in partial.iterdir():
            left.unlink()
        try:
            yield partial
        finally:
            shutil.rmtree(partial)
    finally:
        os.close(handle)


def _write(folder: Path, names: list[str], partial: Path, on_progress: OnProgress) -> Manifest:
    files = {name: partial / name for name in names}
    # Meetings before audio: then there is audio for all that the meetings tell of, and perhaps some more.
    with take_snapshots([folder / name for name in names]) as snapshots:
        taken_at = datetime.now(UTC)
        on_bytes = counting(2 * sum(snapshot.size_bytes for snapshot in snapshots), on_progress)
        for snapshot, path in zip(snapshots, files.values(), strict=True):
            _copy(snapshot, path, on_bytes)

    def make_manifest(entries: Mapping[str, FileEntry]) -> Manifest:
        revision = _read_revision(files[STORE_FILE])
        return Manifest(service=__version__, taken_at=taken_at, revision=revision, files=entries)

    archive = partial / "archive"
    archive.touch(mode=0o600)
    with closing(SteadySync(archive)) as steady:

        def grown(more: int) -> None:
            on_bytes(more)
            steady.grown(more)

        with archive.open("wb") as file:
            manifest = write_archive(file, files, make_manifest, grown)
        steady.sync()
    return manifest


def _copy(snapshot: Snapshot, to: Path, on_bytes: OnBytes) -> None:
    with closing(snapshot):
        snapshot.copy(to, on_bytes)


def _read_revision(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        return str(db.execute("SELECT version_num FROM alembic_version").fetchone()[0])
