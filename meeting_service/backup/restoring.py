"""Putting a backup back: a service starts on what was there before or on all of it, never on half."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from meeting_service.backup.archive import Manifest, extract, read_manifest
from meeting_service.backup.files import OnProgress, counting, explain
from meeting_service.backup.snapshot import check_integrity
from meeting_service.data_folder import LEDGER_FILE, PREPARED, PREPARING, STORE_FILE, settle, sync_path
from meeting_service.errors import Conflict, StorageFailed
from meeting_service.ledger import check_lock
from meeting_service.ledger.schema import open_writer
from meeting_service.storage.migrate import is_known, upgrade
from meeting_service.storage.sqlite import lock_for_writing, remove_copies

_OURS_WITHOUT_DATA = {f"{LEDGER_FILE}.lock", f"{STORE_FILE}.lock", PREPARING, PREPARED, "lost+found"}


def restore(path: Path, folder: Path, *, replace: bool = False, on_progress: OnProgress) -> Manifest:
    """Put a backup into a data folder that no service uses; all is checked before anything is changed.

    Args:
        path: the backup.
        folder: made if it is not there.
        replace: whether meetings that are in the folder may be lost.
        on_progress: told how far it is.

    Raises:
        StorageFailed: the backup is damaged, or a newer version's.
        CannotStart: a service uses the folder.
        Conflict: the folder is not empty.
    """
    try:
        manifest = read_manifest(path)
        _check_manifest(path, manifest)
        folder.mkdir(parents=True, exist_ok=True)
        check_lock(folder / LEDGER_FILE)
        with lock_for_writing(folder / STORE_FILE):
            _check_empty(folder, replace=replace)
            settle(folder)
            with _preparing(folder) as preparing:
                _prepare(path, manifest, preparing, on_progress)
                preparing.rename(folder / PREPARED)
            sync_path(folder)
            settle(folder)
    except (OSError, sqlite3.Error) as error:
        raise explain(error, f"{path} could not be restored") from error
    return manifest


def _check_manifest(path: Path, manifest: Manifest) -> None:
    if STORE_FILE not in manifest.files or not set(manifest.files) <= {STORE_FILE, LEDGER_FILE}:
        raise StorageFailed(f"{path} does not hold what a backup holds")
    if not is_known(manifest.revision):
        raise StorageFailed(
            f"{path} was made by a newer version of meeting-service (revision {manifest.revision}): "
            "install that version"
        )


def _check_empty(folder: Path, *, replace: bool) -> None:
    found = sorted({file.name for file in folder.iterdir()} - _OURS_WITHOUT_DATA)
    if found and not replace:
        raise Conflict(
            f"{folder} is not empty, there is {found[0]}: choose another folder with --data, or lose what "
            "meetings it holds with --replace"
        )


@contextmanager
def _preparing(folder: Path) -> Iterator[Path]:
    preparing = folder / PREPARING
    preparing.mkdir(mode=0o700)
    try:
        yield preparing
    finally:
        shutil.rmtree(preparing, ignore_errors=True)


def _prepare(path: Path, manifest: Manifest, folder: Path, on_progress: OnProgress) -> None:
    """Both databases as a service will find them, whole and durable."""
    total = sum(entry.size_bytes for entry in manifest.files.values())
    extract(path, manifest, folder, counting(total, on_progress))
    for name in manifest.files:
        check_integrity(folder / name)
    upgrade(folder / STORE_FILE)
    remove_copies(folder / STORE_FILE)
    if LEDGER_FILE not in manifest.files:
        open_writer(folder / LEDGER_FILE).close()
        _note_no_audio(folder / STORE_FILE, manifest.taken_at)
    _count_streams(folder / STORE_FILE, folder / LEDGER_FILE)
    _tell_restored(folder / STORE_FILE, datetime.now(UTC))
    for name in (LEDGER_FILE, STORE_FILE):
        sync_path(folder / name)
    sync_path(folder)


def _note_no_audio(store: Path, since: datetime) -> None:
    """Say of what has ended that its audio is not kept, in the form of the tables.

    Streams of meetings that go on end where their text does: their places in the audio are not to be given to
    other audio, of which the part up to there would never be heard.
    """
    text = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(store, isolation_level=None)) as db:
        db.execute(
            "UPDATE meetings SET audio_removed_at = ? WHERE state = 'ended' AND audio_removed_at IS NULL",
            (text,),
        )
        db.execute("UPDATE streams SET ended = 1, finished = 1 WHERE NOT finished")
        db.execute(
            "UPDATE revisions SET state = 'failed', finished_at = ?, detail = 'restored without its audio' "
            "WHERE state = 'running'",
            (text,),
        )


def _count_streams(store: Path, ledger: Path) -> None:
    """Take the numbers of streams that began after the meetings were copied as given.

    Their audio was copied a moment later and belongs to nobody now: a service that starts deletes audio of
    streams that it once had, and gives no number twice.
    """
    with closing(sqlite3.connect(ledger)) as db:
        latest = db.execute("SELECT max(id) FROM stream").fetchone()[0] or 0
    with closing(sqlite3.connect(store, isolation_level=None)) as db:
        db.execute(
            "INSERT INTO sqlite_sequence SELECT 'streams', 0 WHERE NOT EXISTS "
            "(SELECT 1 FROM sqlite_sequence WHERE name = 'streams')"
        )
        db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'streams'", (latest,))


def _tell_restored(store: Path, now: datetime) -> None:
    """Tell all who watch a meeting, when they come back, that what followed the backup has not happened.

    Its events would get numbers that were given before, and who knows those would be told nothing of them. So
    numbers go on from the time in ms, beyond any that was ever given: no meeting tells a thousand events a
    second for long.
    """
    first = int(now.timestamp() * 1000)
    with closing(sqlite3.connect(store)) as db, db:
        db.execute(
            "INSERT INTO events (meeting_id, seq, kind, payload) "
            "SELECT id, max(last_seq + 1, ?), 'restored', json_object('after', last_seq) FROM meetings",
            (first,),
        )
        db.execute("UPDATE meetings SET last_seq = max(last_seq + 1, ?)", (first,))
