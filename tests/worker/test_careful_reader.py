"""Reading kept audio where it may be damaged: it is believed in the end, and not before."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import AudioChunk
from meeting_service.errors import AudioDamaged, StorageFailed
from meeting_service.ledger import Ledger
from meeting_service.worker.careful_reader import CarefulReader

PCM = np.arange(1, 1_001, dtype=np.int16)


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A ledger that holds one stream in two pieces."""
    path = tmp_path / "audio.db"
    ledger = Ledger.open(path)
    await ledger.append([AudioChunk(1, 0, PCM)])
    await ledger.append([AudioChunk(1, 1_000, PCM)])
    await ledger.close()
    return path


def change(path: Path, statement: str) -> None:
    """Alter the file behind everybody's back."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)


async def test_damage_is_believed_at_the_third_time(path: Path) -> None:
    """Before, it may be the disk; afterwards, more of it is believed at once."""
    change(path, "UPDATE piece SET crc = crc + 1")
    with closing(CarefulReader(path)) as reader:
        for _ in range(2):
            with pytest.raises(StorageFailed) as doubted:
                reader.read(1, 0, 500)
            assert not isinstance(doubted.value, AudioDamaged)
        with pytest.raises(AudioDamaged):
            reader.read(1, 0, 500)
        with pytest.raises(AudioDamaged):
            reader.read(1, 500, 1_000)


async def test_what_can_be_read_again_is_not_damaged(path: Path) -> None:
    """A doubt is over once the same audio is read."""
    with closing(CarefulReader(path)) as reader:
        change(path, "UPDATE piece SET crc = crc + 1")
        for _ in range(2):
            with pytest.raises(StorageFailed):
                reader.read(1, 0, 500)
        change(path, "UPDATE piece SET crc = crc - 1")
        assert np.array_equal(PCM[:500], reader.read(1, 0, 500))
        change(path, "UPDATE piece SET crc = crc + 1")
        with pytest.raises(StorageFailed) as doubted:
            reader.read(1, 0, 500)
        assert not isinstance(doubted.value, AudioDamaged)
