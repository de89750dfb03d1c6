"""Whether a database's log is as it was written: every byte of what was synced counts."""

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import combinations
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


@pytest.mark.parametrize("committed", [False, True], ids=["rolled back", "not synced"])
def test_what_a_rollback_left_is_no_later_transaction(tmp_path: Path, committed: bool) -> None:
    """A cut of the power tears a small one, over a large one that spilled or whose sync failed.

    Whichever of its pages are not on disk, before its end another's are there.
    """
    left, content, begin = write_over_a_rollback(tmp_path, committed=committed)
    log, frames = tmp_path / "torn-wal", range((len(content) - begin) // FRAME_BYTES)
    for lost in [lost for count in frames for lost in combinations(frames, count + 1)]:
        for there in (left, bytes(len(left))):
            torn = bytearray(left[:begin] + content[begin:] + left[len(content) :])
            for number in lost:
                at = begin + number * FRAME_BYTES
                torn[at : at + FRAME_BYTES] = there[at : at + FRAME_BYTES]
            log.write_bytes(torn)

            assert find_damage(log) is None, lost


def test_damage_is_found_before_what_a_rollback_left(tmp_path: Path) -> None:
    """Once another transaction is whole behind the damaged one."""
    left, content, begin = write_over_a_rollback(tmp_path, later=1)
    log = tmp_path / "left-wal"
    log.write_bytes(content + left[len(content) :])

    assert find_damage(log) is None
    assert begin == damage(log, tmp_path, begin + 1_000)


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


def write_over_a_rollback(
    folder: Path, *, committed: bool = False, later: int = 0
) -> tuple[bytes, bytes, int]:
    """A log with a large transaction that did not count, and one with small ones in its place.

    Args:
        folder: an empty one.
        committed: the large one was written with its end.
        later: small ones behind the first.

    Returns:
        The first log, the second as far as it counts, and where the first of the small ones begins.
    """
    begun = write_log(folder)
    shutil.copy(folder / "x.db", folder / "small.db")
    shutil.copy(begun, folder / "small.db-wal")
    with closing(sqlite3.connect(folder / "x.db", isolation_level=None)) as db:
        db.executescript("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = 5; BEGIN")
        for number in range(20):
            db.execute("INSERT INTO t VALUES (?)", (random.Random(-number).randbytes(6_000),))
        db.execute("COMMIT" if committed else "ROLLBACK")
        left = begun.read_bytes()
    with closing(sqlite3.connect(folder / "small.db", isolation_level=None)) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        begin = (folder / "small.db-wal").stat().st_size
        for number in range(1 + later):
            db.execute("INSERT INTO t VALUES (?)", (random.Random(number).randbytes(6_000),))
        content = (folder / "small.db-wal").read_bytes()
    assert len(left) > len(content) + 5 * FRAME_BYTES
    return left, content, begin
