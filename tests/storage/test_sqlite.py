"""What is SQLite's own: pragmas as they took effect, errors as they are told."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection

from meeting_service.errors import DiskFull, InvalidRequest, StorageFailed
from meeting_service.storage import sqlite
from meeting_service.storage.database import Database
from meeting_service.storage.migrate import migrate


def pragma(name: str) -> object:
    """Work that reads a pragma of the connection it runs on."""
    return lambda db: db.exec_driver_sql(f"PRAGMA {name}").scalar()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 5_000),
        ("trusted_schema", 0),
        ("secure_delete", 1),
    ],
)
async def test_writer_is_durable_and_strict(path: Path, name: str, value: object) -> None:
    """The writing connection has every pragma the promises rest on."""
    migrate(path)
    database = Database(path)

    assert value == await database.write(pragma(name))  # type: ignore[arg-type]
    await database.close()


async def test_reader_cannot_write(path: Path) -> None:
    """What is given to `read` has no way to change anything."""
    migrate(path)
    database = Database(path)

    with pytest.raises(StorageFailed, match="readonly"):
        await database.read(lambda db: db.exec_driver_sql("DELETE FROM meetings"))
    await database.close()


async def test_full_disk_is_said_and_survived(path: Path) -> None:
    """No room is `DiskFull`, nothing of the work stays, and later work succeeds again."""
    migrate(path)
    database = Database(path)

    def grow(db: Connection) -> None:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        db.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        db.exec_driver_sql("CREATE TABLE stuff AS SELECT zeroblob(1000000)")

    with pytest.raises(DiskFull, match="no room"):
        await database.write(grow)

    await database.write(lambda db: db.exec_driver_sql("CREATE TABLE stuff (x)"))
    await database.close()


def test_input_output_error_is_a_failure_of_storage(tmp_path: Path) -> None:
    """An I/O error on a disk with room is not told as a full one, and quotes nothing."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC

    told = sqlite.explain(error, tmp_path / "meetings.db")

    assert type(told) is StorageFailed
    assert "disk I/O error" in told.detail


async def test_errors_do_not_quote_what_people_said(path: Path) -> None:
    """Neither the error nor what caused it holds the parameters of a statement."""
    migrate(path)
    database = Database(path)

    with pytest.raises(StorageFailed) as caught:
        await database.write(
            lambda db: db.exec_driver_sql("INSERT INTO meetings (id) VALUES (?)", ("secret",))
        )
    await database.close()

    assert "secret" not in f"{caught.value}{caught.value.__cause__}"


async def test_number_too_large_is_the_callers_error(path: Path) -> None:
    """A number SQLite cannot hold is refused without harm."""
    migrate(path)
    database = Database(path)

    with pytest.raises(InvalidRequest):
        await database.read(lambda db: db.exec_driver_sql("SELECT ?", (2**64,)))
    await database.close()
