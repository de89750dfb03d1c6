"""Whether a database's log is as it was written: every byte of what was synced counts."""

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from meeting_service.errors import CannotStart
from meeting_service.write_ahead import check_log, find_damage

COMMITS = 40
HEADER_BYTES = 32
FRAME_BYTES = 24 + 4_096


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The log of a database that is open, some transactions after it was begun anew."""
    path = tmp_path_factory.mktemp("written") / "x.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)")
        for number in range(3 * COMMITS):
            db.execute("INSERT INTO t VALUES (?)", (random.Random(number).randbytes(6_000),))
            if number == 2 * COMMITS:  # from here on it is written from its beginning, over older frames
                db.execute("PRAGMA wal_checkpoint(FULL)")
        yield path.with_name("x.db-wal")


def damage(log: Path, folder: Path, at: int) -> int | None:
    """What is found of a copy with a bit turned over."""
    content = bytearray(log.read_bytes())
    content[at] ^= 4
    copy = folder / "copy-wal"
    copy.write_bytes(content)
    return find_damage(copy)


def test_a_log_as_it_was_written_is_fine(written: Path) -> None:
    """With the frames of an earlier time that lie behind what counts."""
    assert find_damage(written) is None


def test_any_changed_byte_is_found_where_it_is(written: Path, tmp_path: Path) -> None:
    """The frame in which a bit was turned over is named, wherever in what was synced it is."""
    size, chance = HEADER_BYTES + 2 * (COMMITS - 4) * FRAME_BYTES, random.Random(1)
    for at in [*range(0, HEADER_BYTES, 5), *(chance.randrange(HEADER_BYTES, size) for _ in range(40))]:
        frame = (at - HEADER_BYTES) // FRAME_BYTES
        begins = 0 if at < HEADER_BYTES else HEADER_BYTES + frame * FRAME_BYTES

        assert begins == damage(written, tmp_path, at)


def test_a_torn_last_transaction_is_no_damage(tmp_path: Path) -> None:
    """What a cut of the power leaves of a transaction that nobody was told of: some of it, or nothing."""
    log = write_log(tmp_path)
    content = log.read_bytes()

    assert damage(log, tmp_path, len(content) - 50) is None
    assert damage(log, tmp_path, len(content) - FRAME_BYTES) is None
    longer = content + bytes(3 * FRAME_BYTES)
    for rest in (content[:-100], content[: -FRAME_BYTES - 1], longer, b"", bytes(32)):
        log.write_bytes(rest)
        assert find_damage(log) is None


def test_damage_stops_the_start_with_a_way_on(tmp_path: Path) -> None:
    """One line with the file, what is lost, and two things to do; the second one works."""
    log = write_log(tmp_path)
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 1
    log.write_bytes(content)
    at = find_damage(log)

    with pytest.raises(CannotStart, match=rf"x.db-wal is damaged at byte {at}.*restore.*truncate -s {at} "):
        check_log(tmp_path / "x.db")
    os.truncate(log, at or 0)
    check_log(tmp_path / "x.db")
    with closing(sqlite3.connect(tmp_path / "x.db")) as db:
        assert 0 < db.execute("SELECT count(*) FROM t").fetchone()[0] < COMMITS


def test_a_database_without_a_log_is_fine(tmp_path: Path) -> None:
    """As after every orderly end."""
    check_log(tmp_path / "x.db")


def write_log(folder: Path) -> Path:
    """A database as a process leaves it that is killed."""
    with closing(sqlite3.connect(folder / "y.db", isolation_level=None)) as db:
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)")
        for number in range(COMMITS):
            db.execute("INSERT INTO t VALUES (?)", (random.Random(number).randbytes(6_000),))
        shutil.copy(folder / "y.db", folder / "x.db")
        return Path(shutil.copy(folder / "y.db-wal", folder / "x.db-wal"))
