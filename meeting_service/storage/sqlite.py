"""Everything that is SQLite's own: connections, pragmas, locks, copies, and what its errors mean.

One connection writes and checkpoints; readers open the file read-only. This is what keeps SQLite up to
3.51.2 safe from its WAL-reset fault, in which one connection checkpoints while another commits.

After a failed sync nobody knows what of the written pages is on disk: a connection that met an error of the
disk is closed, and the next one begins by writing what the log holds into the file and syncing that.
"""

import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from glob import escape
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import AdaptedConnection, DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from meeting_service.errors import CannotStart, DiskFull, InvalidRequest, MeetingServiceError, StorageFailed
from meeting_service.preflight import make_folder
from meeting_service.room import is_full

READERS = 4
READER_WAIT_S = 30
_BUSY_MS = 5_000
_TO_RENEW = 1
_ASK_EVERY_STEPS = 10_000
"""of SQLite's machine, a fraction of a second"""
_DISK_ERRORS = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOTADB}

T = TypeVar("T")
Pragmas = Mapping[str, str | int]

_SHARED: Pragmas = {"busy_timeout": _BUSY_MS, "foreign_keys": "ON", "trusted_schema": "OFF"}
_READER: Pragmas = {**_SHARED, "query_only": "ON", "temp_store": "MEMORY"}
_WRITER: Pragmas = {
    **_SHARED,
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "fullfsync": "ON",
    "secure_delete": "ON",
    "journal_size_limit": 16 << 20,
}
# Rebuilding a table under live foreign keys would delete what refers to it.
_MIGRATION: Pragmas = {**_WRITER, "foreign_keys": "OFF"}


def make_writer(path: Path) -> AsyncEngine:
    """The engine with the one connection that may write; its transactions lock at once."""
    engine = create_async_engine(
        _url(path, "sqlite+aiosqlite", "rw"), pool_size=1, max_overflow=0, **_options()
    )
    _prepare(engine.sync_engine, _WRITER, "BEGIN IMMEDIATE")
    sa.event.listen(engine.sync_engine, "connect", _empty_log)
    return engine


def make_readers(path: Path) -> AsyncEngine:
    """An engine whose connections cannot write and see one moment per transaction."""
    engine = create_async_engine(
        _url(path, "sqlite+aiosqlite", "ro"),
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=READER_WAIT_S,
        **_options(),
    )
    _prepare(engine.sync_engine, _READER, "BEGIN")
    return engine


def make_migrator(path: Path) -> sa.Engine:
    """A blocking engine for migrations; makes the file, its owner's alone, where there is none."""
    path.touch(mode=0o600)
    engine = sa.create_engine(_url(path, "sqlite", "rwc"), poolclass=sa.NullPool, **_options())
    _prepare(engine, _MIGRATION, "BEGIN IMMEDIATE")
    return engine


def erase(db: sa.Connection) -> bool:
    """Move the write-ahead log into the file and empty it, so that what was deleted is in neither.

    On a connection without a transaction only. Waits for nobody: False while somebody reads from the log.
    """
    # Past SQLAlchemy, which would begin a transaction first.
    cursor = db.connection.cursor()
    try:
        cursor.execute("PRAGMA busy_timeout = 0")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found = cursor.fetchone()
        return found is not None and not found[0]
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        cursor.close()


def mark_for_renewal(db: sa.Connection) -> None:
    """Take down, within a transaction, that pages may hold what is deleted: see `renewal`."""
    db.exec_driver_sql(f"PRAGMA user_version = {_TO_RENEW}")


def is_to_be_renewed(db: sa.Connection) -> bool:
    """Whether that was taken down and has not been done since."""
    return bool(db.exec_driver_sql("PRAGMA user_version").scalar_one() == _TO_RENEW)


def renew(db: sa.Connection, is_over: Callable[[], bool]) -> None:
    """Write every page anew, by way of the write-ahead log and of a temporary file of the same size.

    On a connection without a transaction only. Stops with an error, and nothing has happened, as soon as
    `is_over`, which is asked again and again by the connection's thread.
    """
    connection = db.connection
    driver = connection.dbapi_connection
    assert isinstance(driver, AdaptedConnection)  # noqa: S101
    driver.run_async(lambda own: own.set_progress_handler(is_over, _ASK_EVERY_STEPS))
    cursor = connection.cursor()
    try:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA user_version = 0")
    finally:
        cursor.close()
        driver.run_async(lambda own: own.set_progress_handler(None, 0))


def do_within(db: sa.Connection, work: Callable[[sa.Connection], T], seconds: float) -> T:
    """Do `work`, and stop it with an error that `is_interrupted` once it has taken so long."""
    driver = db.connection.dbapi_connection
    assert isinstance(driver, AdaptedConnection)  # noqa: S101
    until_s = time.monotonic() + seconds

    def is_over() -> bool:
        return time.monotonic() > until_s

    driver.run_async(lambda own: own.set_progress_handler(is_over, _ASK_EVERY_STEPS))
    try:
        return work(db)
    finally:
        driver.run_async(lambda own: own.set_progress_handler(None, 0))


def remove_copies(path: Path) -> None:
    """Remove the copies that upgrades left beside a database."""
    for copy in _list_copies(path):
        copy.unlink(missing_ok=True)


def keep_private(path: Path) -> None:
    """Have only the owner read a database and its copies, also those that former versions made."""
    for file in (path, *_list_copies(path)):
        file.chmod(0o600)


def _list_copies(path: Path) -> list[Path]:
    return list(path.parent.glob(f"{escape(path.name)}.*.bak"))


def copy_database(path: Path, to: Path) -> None:
    """Write a consistent copy, its owner's alone, with what the write-ahead log still holds."""
    to.unlink(missing_ok=True)
    to.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def has_broken_references(db: sa.Connection) -> bool:
    """Whether a row refers to one that is not there."""
    return db.exec_driver_sql("PRAGMA foreign_key_check").first() is not None


def lock_for_writing(path: Path) -> IO[bytes]:
    """Keep every other process from writing this database until the returned file is closed.

    Raises:
        CannotStart: another process has it, or the folder cannot be written.
    """
    try:
        make_folder(path.parent)
        lock = path.with_name(f"{path.name}.lock").open("ab")
    except OSError as error:
        raise CannotStart(f"the folder {path.parent} cannot be written: {error.strerror}") from error
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise CannotStart(
            f"another meeting-service is using {path.parent}: stop it, or choose --data"
        ) from error
    return lock


def find_damage(db: sa.Connection) -> str | None:
    """The first thing that is not as it must be in the file, in SQLite's words; all of it is read."""
    found = str(db.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    return None if found == "ok" else found.splitlines()[-1]


def is_damage(error: BaseException) -> bool:
    """Whether a file is not as it was written."""
    return _primary_code(_driver_error(error)) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_interrupted(error: BaseException) -> bool:
    """Whether somebody stopped it."""
    return _primary_code(_driver_error(error)) == sqlite3.SQLITE_INTERRUPT


def explain(error: BaseException, path: Path) -> MeetingServiceError:
    """The error of ours that says what a driver's error means; it never quotes what was being stored."""
    cause = _driver_error(error)
    if isinstance(cause, UnicodeEncodeError | OverflowError):
        return InvalidRequest("a text that is not Unicode, or a number too large to be kept")
    primary = _primary_code(cause)
    if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and is_full(path.parent)):
        return DiskFull(f"there is no room left for {path}")
    if is_damage(error):
        return StorageFailed(
            f"the database {path} is damaged ({reason(error)}): meeting-service doctor says more"
        )
    return StorageFailed(f"the database {path} failed: {reason(error)}")


def reason(error: BaseException) -> str:
    """What the driver said, in its own words, without what was being stored."""
    cause = _driver_error(error)
    return str(cause) if isinstance(cause, sqlite3.Error | OSError) else type(cause).__name__


def _driver_error(error: BaseException) -> BaseException:
    cause = error
    while (inner := getattr(cause, "orig", None) or getattr(cause, "driver_exception", None)) is not None:
        cause = inner
    return cause


def _primary_code(error: BaseException) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _url(path: Path, driver: str, mode: str) -> sa.URL:
    name = f"file:{quote(os.fspath(path.absolute()))}"
    return sa.URL.create(driver, database=name, query={"mode": mode, "uri": "true"})


def _options() -> dict[str, Any]:
    compact = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    # Parameters hold what people said; errors end up in logs.
    return {"hide_parameters": True, "json_serializer": compact, "connect_args": {"isolation_level": None}}


def _prepare(engine: sa.Engine, pragmas: Pragmas, begin: str) -> None:
    def configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()

    def start(db: sa.Connection) -> None:
        db.exec_driver_sql(begin)

    sa.event.listen(engine, "connect", configure)
    sa.event.listen(engine, "begin", start)
    sa.event.listen(engine, "handle_error", _drop_connection)


def _empty_log(connection: DBAPIConnection, _entry: ConnectionPoolEntry | None = None) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cursor.close()


def _drop_connection(failed: sa.ExceptionContext) -> None:
    """Have the pool close a connection that met an error of the disk; the next unit of work opens another."""
    if _primary_code(_driver_error(failed.original_exception)) in _DISK_ERRORS:
        failed.is_disconnect = True
