"""What is committed of every stream, as the writer's thread knows it.

It is read when the file is opened, and moved on by every commit.
"""

import sqlite3
from collections.abc import Iterable, Mapping

import structlog

from meeting_service.audio import Gap
from meeting_service.errors import AudioDamaged
from meeting_service.ledger.plan import Held
from meeting_service.ledger.rows import Kind, Row, row_to_pcm

log = structlog.get_logger()

_STREAMS = """
SELECT id, through, tail, coalesce(
    (SELECT start + length FROM piece WHERE stream = id ORDER BY start DESC LIMIT 1), 0
) FROM stream
"""
_LAST = "SELECT start, length, kind, pcm, crc FROM piece WHERE stream = ? ORDER BY start DESC LIMIT 1"
_GAPS = "SELECT stream, start, start + length FROM piece WHERE kind = 2 ORDER BY stream, start"


class Holdings:
    """Changed by the writer's thread alone; anybody may read."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.held = {
            stream_id: Held(through if through == end else _judge(connection, stream_id, through, end), tail)
            for stream_id, through, tail, end in connection.execute(_STREAMS).fetchall()
        }
        self.gaps: dict[int, list[Gap]] = {}
        for row in connection.execute(_GAPS):
            self._remember_gap(Gap(*row))
        self.doomed = {row[0] for row in connection.execute("SELECT stream FROM doomed")}

    def move_on(self, after: Mapping[int, Held], new_gaps: Iterable[Gap], doomed: Iterable[int]) -> None:
        """A transaction is on disk: streams as they are after it, gaps it added, streams it deleted."""
        self.held.update(after)
        for gap in new_gaps:
            self._remember_gap(gap)
        for stream_id in doomed:
            self.held.pop(stream_id, None)
            self.gaps.pop(stream_id, None)
            self.doomed.add(stream_id)

    def tell_lost(self, former: "Holdings") -> None:
        """Say of which streams less is held than was held before."""
        for stream_id, held in former.held.items():
            now = self.held.get(stream_id, Held()).through
            if now < held.through and stream_id not in self.doomed:
                log.error("audio_lost", stream=stream_id, held=now, was_held=held.through)

    def _remember_gap(self, gap: Gap) -> None:
        gaps = self.gaps.setdefault(gap.stream_id, [])
        if gaps and gap.start_sample <= gaps[-1].end_sample:
            gap = Gap(gap.stream_id, gaps[-1].start_sample, gap.end_sample)
            gaps[-1] = gap
        else:
            gaps.append(gap)


def _judge(connection: sqlite3.Connection, stream_id: int, through: int, end: int) -> int:
    """How much is held of a stream whose pieces end elsewhere than it says: as its last piece says, if that
    is as it was written. So nobody is told of audio that is not there."""
    log.error("ledger_damaged", stream=stream_id, through=through, pieces_end=end)
    last = connection.execute(_LAST, (stream_id,)).fetchone()
    if last is None:
        return 0
    start, length, kind, pcm, crc = last
    try:
        row_to_pcm(stream_id, Row(start, length, Kind(kind), pcm), crc)
    except (AudioDamaged, ValueError):
        return through
    return end
