"""Stock-taking: whether what was acknowledged of a stream is there, by its pieces. No sound is read."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from meeting_service.accounting import Inventory
from meeting_service.audio import Gap
from meeting_service.ledger.rows import Kind
from meeting_service.ledger.schema import Failure, judge_failure

_THROUGH = """
SELECT through FROM stream WHERE id = :stream AND id NOT IN (SELECT stream FROM doomed)
"""
# How long a blob is stands in its row's head.
_PIECES = """
SELECT start, length, kind, coalesce(length(pcm), 0) FROM piece
WHERE stream = :stream AND start < :through ORDER BY start
"""

_Piece = tuple[int, int, int, int]
"""start, length, kind, bytes of sound"""


def take_inventory(connection: sqlite3.Connection, stream_id: int) -> Inventory | None:
    """What is held of a stream at this moment; None if nothing ever was, or it was deleted."""
    connection.execute("BEGIN")  # one moment for both questions
    try:
        found = connection.execute(_THROUGH, {"stream": stream_id}).fetchone()
        if found is None:
            return None
        wanted = {"stream": stream_id, "through": found[0]}
        return _count(stream_id, found[0], _read_pieces(connection, wanted))
    finally:
        if connection.in_transaction:  # what is damaged may have ended it
            connection.execute("ROLLBACK")


def _count(stream_id: int, through: int, pieces: Iterable[_Piece]) -> Inventory:
    gaps: list[Gap] = []
    known = faulty = 0
    for start, length, kind, sound_bytes in pieces:
        faulty += abs(start - known)
        if sound_bytes != (2 * length if kind == Kind.SOUND else 0):
            faulty += length
        known = start + length
        if kind == Kind.GAP:
            _add_gap(gaps, Gap(stream_id, start, known))
    return Inventory(through, gaps, faulty + abs(through - known))


def _read_pieces(connection: sqlite3.Connection, wanted: Mapping[str, int]) -> Iterator[_Piece]:
    """In order, up to the first that a damaged file does not give."""
    try:
        yield from connection.execute(_PIECES, wanted)
    except sqlite3.DatabaseError as error:
        if judge_failure(error) is not Failure.DAMAGE:
            raise


def _add_gap(gaps: list[Gap], gap: Gap) -> None:
    if gaps and gaps[-1].end_sample == gap.start_sample:
        gap = Gap(gap.stream_id, gaps.pop().start_sample, gap.end_sample)
    gaps.append(gap)
