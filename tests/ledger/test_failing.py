"""A ledger on a disk that fails, and one whose file was damaged."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meeting_service.audio import AudioChunk, Pcm
from meeting_service.errors import AudioDamaged, CannotStart, DiskFull, StorageFailed
from meeting_service.ledger import Ledger, LedgerReader
from meeting_service.ledger.ledger import check_lock
from meeting_service.ledger.requests import Append
from meeting_service.ledger.schema import open_writer
from meeting_service.ledger.writer import Writer
from meeting_service.room import Room


class FailingDisk:
    """Opens connections; while it is told to, their commits fail as on a broken disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened = 0
        self.fails = False

    def open(self) -> sqlite3.Connection:
        """Another connection."""
        self.opened += 1
        if self.fails:
            raise CannotStart("the disk is broken")
        connection = open_writer(self.path)
        return _Connection(connection, self)  # type: ignore[return-value]


class _Connection:
    def __init__(self, connection: sqlite3.Connection, disk: FailingDisk) -> None:
        self._connection = connection
        self._disk = disk

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and self._disk.fails:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return self._connection.execute(sql, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def sound(length: int, seed: int = 1) -> Pcm:
    """Noise."""
    return np.random.default_rng(seed).integers(-9_000, 9_000, length, dtype=np.int16)


async def store(path: Path, streams: int) -> None:
    """A ledger that holds so many streams."""
    ledger = Ledger.open(path)
    await ledger.append([AudioChunk(i, 0, sound(3_000, i)) for i in range(1, streams + 1)])
    await ledger.close()


def damage(path: Path, statement: str) -> None:
    """Change a ledger that is closed, behind its back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


async def test_a_connection_that_failed_is_not_used_again(path: Path) -> None:
    """Nothing is answered while the disk fails; then the file is opened anew, and sending again works."""
    disk = FailingDisk(path)
    writer = Writer(path, disk.open, Room(path.parent, 0))
    append: Callable[[], Append] = partial(Append, [AudioChunk(1, 0, sound(100))], {})
    disk.fails = True
    for _ in range(2):
        writer.submit(failed := append())
        with pytest.raises(StorageFailed):
            await failed.done
        assert writer.failure is not None
    opened, disk.fails = disk.opened, False
    writer.submit(again := append())

    assert {1: 100} == await again.done
    assert (None, opened + 1) == (writer.failure, disk.opened)
    writer.close()


async def test_a_probe_finds_out_that_it_works_again(path: Path) -> None:
    """Also when nobody sends audio."""
    disk = FailingDisk(path)
    ledger = Ledger(Writer(path, disk.open, Room(path.parent, 0)), path, path.open("ab"))
    disk.fails = True
    with pytest.raises(StorageFailed):
        await ledger.check_writable()
    assert ledger.failure is not None
    disk.fails = False
    await ledger.check_writable()

    assert ledger.failure is None
    await ledger.close()


async def test_room_is_kept_for_deleting(path: Path) -> None:
    """Audio is refused while there is less room than is kept; what is held can be read and deleted."""
    ledger = Ledger.open(path)
    await ledger.append([AudioChunk(1, 0, sound(100))])
    await ledger.close()
    ledger = Ledger.open(path, min_free_bytes=1 << 60)
    with pytest.raises(DiskFull, match="no room left for audio"):
        await ledger.append([AudioChunk(1, 100, sound(100))])
    with pytest.raises(DiskFull):
        await ledger.check_writable()
    await ledger.delete([1])

    assert 0 == ledger.through(1)
    assert isinstance(ledger.failure, DiskFull)
    await ledger.close()


@pytest.mark.parametrize("claimed", [50, 9_999])
async def test_what_a_stream_claims_is_held_against_its_pieces(path: Path, claimed: int) -> None:
    """A position that was altered on disk is not told: its pieces say how much is held."""
    ledger = Ledger.open(path)
    await ledger.append([AudioChunk(1, 0, sound(100))])
    await ledger.close()
    damage(path, f"UPDATE stream SET through = {claimed}")
    ledger = Ledger.open(path)

    assert 100 == ledger.through(1)
    assert {1: 150} == await ledger.append([AudioChunk(1, 100, sound(50))])
    await ledger.close()


async def test_a_damaged_piece_is_told_as_such(path: Path) -> None:
    """It cannot be read, the others can, and every piece can be checked."""
    ledger = Ledger.open(path)
    await ledger.append([AudioChunk(i, 0, sound(100, i)) for i in (1, 2)])
    await ledger.close()
    damage(path, "UPDATE piece SET pcm = zeroblob(200) WHERE stream = 1")
    with closing(LedgerReader(path)) as reader:
        with pytest.raises(AudioDamaged, match="stream 1"):
            reader.read(1, 0, 100)

        assert np.array_equal(sound(100, 2), reader.read(2, 0, 100))
        assert {(1, False), (2, True)} == set(reader.check_pieces())


@pytest.mark.parametrize("keep", [0, 50, 100, 5_000])
def test_a_file_that_was_cut_off_or_overwritten_stops_the_start(path: Path, keep: int) -> None:
    """In words, with what to do about it, and the file is left to whoever repairs it."""
    asyncio.run(store(path, 8))
    content = path.read_bytes()
    path.write_bytes(content[:keep] + bytes(len(content) - keep if keep in (0, 50) else 0))

    with pytest.raises(CannotStart, match=r"doctor|not an audio ledger"):
        Ledger.open(path)
    path.write_bytes(content)
    asyncio.run(store(path, 9))


async def test_damage_in_one_place_stops_one_stream(path: Path) -> None:
    """Streams whose pieces can be stored are answered; the one that cannot is not."""
    ledger = Ledger.open(path)
    await ledger.append([AudioChunk(i, 0, sound(100, i)) for i in (1, 2)])
    await ledger.close()
    # A trigger stands for a page that cannot be written: an error of one row.
    condition, error = "WHEN NEW.stream = 1", "SELECT RAISE(ABORT, 'torn')"
    damage(path, f"CREATE TRIGGER torn BEFORE INSERT ON piece {condition} BEGIN {error}; END")
    ledger = Ledger.open(path)
    requests = [Append([AudioChunk(i, 100, sound(100, i))], {}) for i in (1, 2)]
    for request in requests:
        ledger._writer.submit(request)

    with pytest.raises(StorageFailed, match="damaged"):
        await requests[0].done
    assert {2: 200} == await requests[1].done
    await ledger.close()


async def test_a_place_that_cannot_be_deleted_stops_no_other_deletion(path: Path) -> None:
    """Who waits for it is told, everything else goes; asked for again when it works, it goes too."""
    await store(path, 3)
    condition, error = "WHEN OLD.stream = 1", "SELECT RAISE(ABORT, 'torn')"
    damage(path, f"CREATE TRIGGER torn BEFORE DELETE ON piece {condition} BEGIN {error}; END")
    ledger = Ledger.open(path)
    with pytest.raises(StorageFailed, match="damaged"):
        await ledger.delete([1, 2])
    await ledger.delete([2, 3])
    with closing(sqlite3.connect(path)) as connection:
        assert [(1,)] == connection.execute("SELECT DISTINCT stream FROM piece").fetchall()
        connection.execute("DROP TRIGGER torn")
        connection.commit()

    await ledger.delete([1])
    with closing(sqlite3.connect(path)) as connection:
        assert [] == connection.execute("SELECT stream FROM piece UNION SELECT * FROM doomed").fetchall()
    await ledger.close()


async def test_a_damaged_log_keeps_no_lock(tmp_path: Path) -> None:
    """What refuses to start lets go of the folder, so that it can be mended and opened again."""
    path = tmp_path / "audio.db"
    (tmp_path / "audio.db-wal").write_bytes(bytes([1]) * 64)
    with pytest.raises(CannotStart, match="damaged") as refused:
        Ledger.open(path)
    check_lock(path)

    assert refused.value is not None
