"""Reading: from another process' point of view, and from a damaged file."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import AudioChunk
from meeting_service.errors import StorageFailed
from meeting_service.ledger import Ledger, LedgerReader

RAMP = np.arange(1, 1_001, dtype=np.int16)


async def test_a_reader_sees_what_is_committed_while_it_is_open(ledger: Ledger, path: Path) -> None:
    """One reader, kept open, sees each commit after it."""
    reader = LedgerReader(path)
    for start in range(0, 1_000, 100):
        await ledger.append([AudioChunk(1, start, RAMP[start : start + 100])])
        assert np.array_equal(RAMP[start : start + 100], reader.read(1, start, start + 100))
    reader.close()


async def test_what_is_not_held_is_not_read(ledger: Ledger, path: Path) -> None:
    """Reading past the end or of nobody names stream and position; it is never silence."""
    await ledger.append([AudioChunk(1, 0, RAMP)])
    reader = LedgerReader(path)

    with pytest.raises(StorageFailed, match="stream 1 is not held at sample 1000"):
        reader.read(1, 990, 1_001)
    with pytest.raises(StorageFailed, match="stream 2 is not held at sample 0"):
        reader.read(2, 0, 1)
    reader.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE piece SET pcm = x'00' || substr(pcm, 2) WHERE start = 500",
        "UPDATE piece SET pcm = substr(pcm, 3) WHERE start = 500",
        "UPDATE piece SET kind = 1, pcm = NULL WHERE start = 500",
        "UPDATE piece SET length = 499 WHERE start = 500",
        "UPDATE piece SET kind = 7 WHERE start = 500",
        "DELETE FROM piece WHERE start = 500",
    ],
)
async def test_damage_is_found_and_named(path: Path, damage: str) -> None:
    """A changed byte, length or kind, or a lost row, is an error that says where, not other audio."""
    ledger = Ledger.open(path)
    await ledger.append([AudioChunk(1, 0, RAMP[:500])])
    await ledger.append([AudioChunk(1, 500, RAMP[500:])])
    await ledger.close()
    connection = sqlite3.connect(path)
    connection.execute(damage)
    connection.commit()
    connection.close()
    reader = LedgerReader(path)

    assert np.array_equal(RAMP[:500], reader.read(1, 0, 500))
    with pytest.raises(StorageFailed, match=r"stream 1 .*at sample [0-9]+"):
        reader.read(1, 0, 1_000)
    reader.close()
