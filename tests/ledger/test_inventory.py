"""Stock-taking: what was acknowledged is told from what is there."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from meeting_service.accounting import Inventory
from meeting_service.audio import AudioChunk, Gap
from meeting_service.ledger import Ledger, LedgerReader


def _take(path: Path, stream_id: int = 1) -> Inventory | None:
    with closing(LedgerReader(path)) as reader:
        return reader.take_inventory(stream_id)


def _empty_page(path: Path, sound: bytes) -> None:
    """Overwrite the page with this sound that is next to the middle of the file."""
    content = bytearray(path.read_bytes())
    page = content.index(sound, len(content) // 3) // 4_096
    content[page * 4_096 : (page + 1) * 4_096] = bytes(4_096)
    path.write_bytes(content)


async def _fill(ledger: Ledger) -> None:
    """Sound, a gap in two parts, silence, sound: 90,000 samples."""
    sound = np.arange(1, 40_001, dtype=np.int16)
    await ledger.append([AudioChunk(1, 0, sound)])
    await ledger.record_gaps([Gap(1, 40_000, 45_000)])
    await ledger.record_gaps([Gap(1, 45_000, 50_000)])
    await ledger.append([AudioChunk(1, 50_000, np.zeros(20_000, np.int16))])
    await ledger.append([AudioChunk(1, 70_000, sound[:20_000])])


async def test_what_is_whole_has_no_faults(ledger: Ledger, path: Path) -> None:
    """Sound, silence and gaps that follow on one another cover all that was acknowledged."""
    await _fill(ledger)

    assert Inventory(90_000, [Gap(1, 40_000, 50_000)], 0) == _take(path)


async def test_a_stream_nobody_knows_or_that_was_deleted_has_none(ledger: Ledger, path: Path) -> None:
    """Nothing is held of it, which is not the same as holding nothing in pieces."""
    await _fill(ledger)
    await ledger.delete([1])

    assert _take(path) is None
    assert _take(path, 2) is None


@pytest.mark.parametrize(
    ("tampering", "faulty"),
    [
        ("DELETE FROM piece WHERE start = 70000", 20_000),
        ("DELETE FROM piece WHERE start = 0", 32_768),
        ("UPDATE stream SET through = through + 5", 5),
        ("UPDATE piece SET pcm = substr(pcm, 3) WHERE start = 32768", 7_232),
        ("UPDATE piece SET length = length - 1 WHERE kind = 1", 1),
        ("UPDATE piece SET start = start - 7 WHERE start = 70000", 14),
    ],
)
async def test_a_piece_that_is_not_as_it_was_shows(
    ledger: Ledger, path: Path, tampering: str, faulty: int
) -> None:
    """To the sample: a piece that is gone, short, elsewhere or without its sound, an end never reached."""
    await _fill(ledger)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(tampering)

    found = _take(path)

    assert found is not None
    assert faulty == found.faulty_samples


async def test_pieces_that_cannot_be_read_are_counted_as_not_there(path: Path) -> None:
    """A page that was emptied: the stream's account shows it, those of others are drawn up all the same."""
    ledger = Ledger.open(path)
    for stream_id in (1, 2):
        for number in range(300):
            await ledger.append([AudioChunk(stream_id, 400 * number, np.full(400, 7, np.int16))])
    await ledger.close()
    _empty_page(path, np.full(400, 7, "<i2").tobytes())
    ledger = Ledger.open(path)
    found = await ledger.take_inventories([1, 2])

    assert {120_000} == {inventory.through for inventory in found.values()}
    assert 0 < sum(inventory.faulty_samples for inventory in found.values()) <= 240_000
    assert "is not whole" in (ledger.damage or "")
    await ledger.close()
