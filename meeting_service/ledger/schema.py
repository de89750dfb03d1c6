"""The ledger's file: its tables, how a connection to it is set up, and what its errors mean."""

import os
import sqlite3
from enum import Enum, auto
from pathlib import Path

from meeting_service.errors import CannotStart, DiskFull, StorageFailed
from meeting_service.room import is_full

APPLICATION_ID = 0x4D534C47
SCHEMA_VERSION = 1

_TABLES = """
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    through INTEGER NOT NULL,          -- samples held, gaps included
    tail BLOB NOT NULL                 -- bytes of a sample whose rest has not come yet
);
CREATE TABLE piece (
    stream INTEGER NOT NULL,
    start INTEGER NOT NULL,            -- position of the first sample
    length INTEGER NOT NULL,           -- samples
    kind INTEGER NOT NULL,             -- 0 sound, 1 silence, 2 gap
    crc INTEGER NOT NULL,              -- over all the other columns
    pcm BLOB,                          -- 16-bit little-endian, for sound only
    UNIQUE (stream, start)
);
CREATE INDEX gap ON piece (stream, start) WHERE kind = 2;
CREATE TABLE doomed (stream INTEGER PRIMARY KEY);  -- deleted, their pieces not yet all gone
"""

_WRITER_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # on macOS fsync alone leaves data in the drive's cache
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 33554432",
    "PRAGMA trusted_schema = OFF",
)


def open_writer(path: Path, *, max_bytes: int | None = None) -> sqlite3.Connection:
    """The one connection that writes and checkpoints; creates the file, readable by its owner only.

    `max_bytes` is what the database file may grow to; over it, a commit fails as on a full disk.

    Raises:
        CannotStart: the file cannot be written, is not a ledger, or is a newer version's.
    """
    try:
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise CannotStart(f"the audio ledger {path} cannot be written: {error}") from error
    try:
        _prepare(connection, path, max_bytes)
    except sqlite3.Error as error:
        connection.close()
        raise CannotStart(describe_trouble(path, error)) from error
    except CannotStart:
        connection.close()
        raise
    return connection


def describe_trouble(path: Path, error: sqlite3.Error) -> str:
    """Why the file cannot be opened, and what to do about it."""
    told = f"the audio ledger {path} cannot be used: {error}"
    damaged = judge_failure(error) is Failure.DAMAGE
    return f"{told}: meeting-service doctor says more; restore a backup" if damaged else told


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can neither write nor checkpoint; before SQLite 3.51.3 two that do could do damage.

    Raises:
        StorageFailed: there is no ledger to read, or it is another version's.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise StorageFailed(f"the audio ledger {path} cannot be read: {error}") from error
    try:
        connection.execute("PRAGMA busy_timeout = 5000")
        version = _pragma(connection, "user_version")
    except sqlite3.Error as error:
        connection.close()
        raise StorageFailed(f"the audio ledger {path} cannot be read: {error}") from error
    if version != SCHEMA_VERSION:
        connection.close()
        raise StorageFailed(f"the audio ledger {path} has version {version}, not {SCHEMA_VERSION}")
    return connection


class Failure(Enum):
    """What a failed transaction leaves."""

    PLAIN = auto()
    """nothing: the next one may succeed"""
    DAMAGE = auto()
    """a file that is not as it was written, perhaps in one place only"""
    UNCERTAIN = auto()
    """a file of which nobody knows what is on disk"""


_PLAIN = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT}


def judge_failure(error: Exception) -> Failure:
    """What is left after this error of a transaction."""
    code = _primary_code(error)
    if code in _DAMAGE:
        return Failure.DAMAGE
    return Failure.PLAIN if code in _PLAIN else Failure.UNCERTAIN


def explain_failure(error: Exception, path: Path) -> StorageFailed:
    """What a failed commit means to the one who waits for it."""
    if isinstance(error, StorageFailed):
        return error
    code = _primary_code(error)
    full = code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and is_full(path.parent))
    kind, detail = StorageFailed, f"audio could not be stored: {error}"
    if full:
        kind, detail = DiskFull, "there is no room left for audio"
    elif judge_failure(error) is Failure.DAMAGE:
        detail = f"the audio ledger is damaged ({error}): meeting-service doctor says more"
    failure = kind(detail)
    failure.__cause__ = error
    return failure


def touch(connection: sqlite3.Connection) -> None:
    """Write something that changes nothing, inside a transaction."""
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def empty_log(connection: sqlite3.Connection) -> bool:
    """Write all that the log holds into the file and sync that; whether readers allowed all of it."""
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _primary_code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _prepare(connection: sqlite3.Connection, path: Path, max_bytes: int | None) -> None:
    _check_version(connection, path)
    for pragma in _WRITER_PRAGMAS:
        connection.execute(pragma).fetchall()
    if max_bytes is not None:
        pages = max(max_bytes // _pragma(connection, "page_size"), 1)
        connection.execute(f"PRAGMA max_page_count = {pages}")
    # Also shows that the file can be written, before anybody relies on it.
    connection.execute("BEGIN IMMEDIATE")
    if _pragma(connection, "user_version") == 0:
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    touch(connection)
    connection.execute("COMMIT")
    # What a process wrote that died may be in memory only: it is synced before anybody is told of it.
    empty_log(connection)
    os.chmod(path, 0o600)


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    if _pragma(connection, "schema_version") == 0:
        return
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise CannotStart(f"{path} is a database of something else, not an audio ledger")
    version = _pragma(connection, "user_version")
    if version > SCHEMA_VERSION:
        raise CannotStart(
            f"the audio ledger {path} has version {version}; this release knows up to {SCHEMA_VERSION}: "
            "use the newer release"
        )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
