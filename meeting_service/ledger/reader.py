"""Reading audio by position, in any process, while it is being written."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from meeting_service.accounting import Inventory
from meeting_service.audio import Pcm
from meeting_service.errors import AudioDamaged, StorageFailed
from meeting_service.ledger.inventory import take_inventory
from meeting_service.ledger.rows import Kind, Row, row_to_pcm
from meeting_service.ledger.schema import Failure, judge_failure, open_reader

_SELECT = """
SELECT start, length, kind, crc, pcm FROM piece
WHERE stream = :stream AND start < :end
  AND start >= (SELECT max(start) FROM piece WHERE stream = :stream AND start <= :start)
ORDER BY start
"""
_ALL = "SELECT stream, start, length, kind, crc, pcm FROM piece"


class LedgerReader:
    """A read-only connection of the thread that made it. Sees what was committed before each call."""

    def __init__(self, path: Path) -> None:
        self._connection = open_reader(path)

    def read(self, stream_id: int, start: int, end: int) -> Pcm:
        """Samples `[start, end)` of a stream at its own rate, zeros in gaps.

        Raises:
            AudioDamaged: part of it is not there or not as it was written; the detail names where.
            StorageFailed: it cannot be read now.
        """
        pcm = np.zeros(max(end - start, 0), np.int16)
        known = start
        for row, crc in self._rows(stream_id, start, end):
            samples = row_to_pcm(stream_id, row, crc)
            if row.start > known:
                break
            known = min(row.end, end)
            if samples is not None:
                first = max(row.start, start)
                pcm[first - start : known - start] = samples[first - row.start : known - row.start]
        if known < end:
            raise AudioDamaged(f"audio of stream {stream_id} is not held at sample {known}")
        return pcm

    def take_inventory(self, stream_id: int) -> Inventory | None:
        """What is held of a stream, by its pieces; None if nothing ever was, or it was deleted.

        Raises:
            StorageFailed: it cannot be read.
        """
        try:
            return take_inventory(self._connection, stream_id)
        except sqlite3.Error as error:
            raise StorageFailed(f"the audio of stream {stream_id} cannot be counted: {error}") from error

    def check_pieces(self) -> Iterator[tuple[int, bool]]:
        """Every piece of every stream: whose it is, and whether it is as it was written.

        Raises:
            StorageFailed: the file cannot be read any further.
        """
        try:
            for stream_id, start, length, kind, crc, pcm in self._connection.execute(_ALL):
                yield stream_id, _is_fine(stream_id, start, length, kind, crc, pcm)
        except sqlite3.Error as error:
            raise StorageFailed(f"the audio cannot be read: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _rows(self, stream_id: int, start: int, end: int) -> Iterator[tuple[Row, int]]:
        wanted = {"stream": stream_id, "start": start, "end": end}
        try:
            for first, length, kind, crc, pcm in self._connection.execute(_SELECT, wanted):
                yield Row(first, length, Kind(kind), pcm), crc
        except (sqlite3.Error, ValueError) as error:
            damaged = isinstance(error, ValueError) or judge_failure(error) is Failure.DAMAGE
            kind = AudioDamaged if damaged else StorageFailed
            raise kind(f"audio of stream {stream_id} at sample {start} cannot be read: {error}") from error


def _is_fine(stream_id: int, start: int, length: int, kind: int, crc: int, pcm: bytes | None) -> bool:
    try:
        row_to_pcm(stream_id, Row(start, length, Kind(kind), pcm), crc)
    except (AudioDamaged, ValueError):
        return False
    return True
