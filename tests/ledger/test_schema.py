"""The ledger's file: who may open it, and how it is set up."""

import sqlite3
import stat
from pathlib import Path

import pytest

from meeting_service.errors import CannotStart, DiskFull, StorageFailed
from meeting_service.ledger.schema import explain_failure, open_reader, open_writer


def test_the_writer_syncs_every_commit(path: Path) -> None:
    """The log is written ahead and synced, deleted data is overwritten, and the file is the owner's alone."""
    connection = open_writer(path)
    settings = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete", "auto_vacuum", "fullfsync")
    }
    connection.close()

    assert {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "auto_vacuum": 2,
        "fullfsync": 1,
    } == settings
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_a_newer_ledger_is_refused(path: Path) -> None:
    """A file of a later release is left alone, in words."""
    open_writer(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()

    with pytest.raises(CannotStart, match="newer release"):
        open_writer(path)
    with pytest.raises(StorageFailed, match="version 2"):
        open_reader(path)


def test_something_else_is_refused(path: Path) -> None:
    """Neither another program's database nor a text file is taken for a ledger."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (id)")
    connection.close()
    with pytest.raises(CannotStart, match="something else"):
        open_writer(path)

    path.write_text("not a database at all " * 100)
    with pytest.raises(CannotStart, match="not a database"):
        open_writer(path)
    with pytest.raises(StorageFailed, match="not a database"):
        open_reader(path)


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder in the ledger's place is one clear error."""
    with pytest.raises(CannotStart, match="cannot be written"):
        open_writer(tmp_path)


def test_a_reader_needs_a_ledger_and_cannot_write(path: Path) -> None:
    """Reading does not make a file, and what reads cannot change it."""
    with pytest.raises(StorageFailed):
        open_reader(path)
    assert not path.exists()

    open_writer(path).close()
    reader = open_reader(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("INSERT INTO doomed VALUES (1)")
    reader.close()


def test_what_a_failure_means(path: Path) -> None:
    """A full database says so; anything else is named as it came."""
    connection = open_writer(path, max_bytes=100_000)
    with pytest.raises(sqlite3.OperationalError) as full:
        connection.execute("INSERT INTO piece VALUES (1, 0, 1, 0, 0, zeroblob(1000000))")
    connection.close()

    assert isinstance(explain_failure(full.value, path), DiskFull)
    assert "odd" in explain_failure(ValueError("odd"), path).detail
    assert not isinstance(explain_failure(ValueError("odd"), path), DiskFull)
