"""Deleting in small transactions, so that audio goes on being stored in between.

Rows are overwritten with zeros as they go (`secure_delete`) and their pages are handed back to the file
system. The write-ahead log still holds them then: `erase` empties it.
"""

import sqlite3
from collections.abc import Iterator, Sequence

from meeting_service.failpoints import reach
from meeting_service.ledger.schema import empty_log

_ROWS_A_STEP = 8
_PAGES_A_STEP = 64


def sweep(connection: sqlite3.Connection, stream_ids: Sequence[int]) -> Iterator[None]:
    """Delete what is left of doomed streams; each step is one short transaction."""
    for stream_id in stream_ids:
        while _delete_some(connection, stream_id):
            reach("in_sweep")
            yield
        connection.execute("DELETE FROM doomed WHERE stream = ?", (stream_id,))
    while connection.execute("PRAGMA freelist_count").fetchone()[0]:
        # Not `execute`: it stops after the first page.
        connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_A_STEP})")
        yield
    reach("after_sweep")


def _delete_some(connection: sqlite3.Connection, stream_id: int) -> bool:
    deleted = connection.execute(
        "DELETE FROM piece WHERE rowid IN (SELECT rowid FROM piece WHERE stream = ? LIMIT ?)",
        (stream_id, _ROWS_A_STEP),
    )
    return deleted.rowcount > 0


def erase(connection: sqlite3.Connection) -> bool:
    """Leave nothing of what was deleted in the log, without waiting: False while a reader needs it."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        return empty_log(connection)
    finally:
        connection.execute("PRAGMA busy_timeout = 5000")
