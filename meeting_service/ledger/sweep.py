"""Deleting in small transactions, so that audio goes on being stored in between.

Rows are overwritten with zeros as they go (`secure_delete`) and their pages are handed back to the file
system. The write-ahead log still holds them then: `erase` empties it.
"""

import sqlite3
from collections import deque
from collections.abc import Iterable

from meeting_service.failpoints import reach
from meeting_service.ledger.schema import empty_log

RETRY_S = 10.0
"""how long something that cannot be deleted is left alone before it is tried again"""
_ROWS_A_STEP = 8
_PAGES_A_STEP = 64


class Sweep:
    """What is left to delete: doomed streams in turn, so that a short one does not wait for a long one, and
    then the room they took. One that cannot be deleted holds up no other. Belongs to the writer's thread.

    Args:
        doomed: streams to begin with.
    """

    def __init__(self, doomed: Iterable[int]) -> None:
        self._turns = deque(sorted(doomed))
        self._retry_at_s: dict[int, float] = {}
        self._begins_at_s = 0.0
        self._room_left = bool(self._turns)

    def add(self, stream_ids: Iterable[int]) -> None:
        """These are doomed; also tries again what could not be deleted."""
        for stream_id in stream_ids:
            self._retry_at_s.pop(stream_id, None)
            if stream_id not in self._turns:
                self._turns.appendleft(stream_id)
            self._room_left = True

    def renew(self, doomed: Iterable[int]) -> None:
        """The file was opened anew and holds these; what could not be deleted keeps its time."""
        self._turns = deque(sorted(set(doomed).difference(self._retry_at_s)))
        self._begins_at_s = 0.0

    def due_at_s(self) -> float | None:
        """When there is something to do, on the monotonic clock; None if nothing is left."""
        if self._turns or self._room_left:
            return self._begins_at_s
        first = min(self._retry_at_s.values(), default=None)
        return None if first is None else max(first, self._begins_at_s)

    def take_turn(self, now_s: float) -> int | None:
        """The stream whose turn it is; None if only room is left to be given back."""
        for stream_id in [at for at, retry_at_s in self._retry_at_s.items() if retry_at_s <= now_s]:
            self.add([stream_id])
        if self._turns:
            self._turns.rotate(-1)
            return self._turns[-1]
        return None

    def step(self, connection: sqlite3.Connection, stream_id: int | None) -> bool:
        """One short transaction of a turn; whether with it nothing is left of that stream."""
        if stream_id is None:
            self._give_room_back(connection)
            return False
        if _delete_some(connection, stream_id):
            reach("in_sweep")
            return False
        connection.execute("DELETE FROM doomed WHERE stream = ?", (stream_id,))
        self._turns.remove(stream_id)
        return True

    def postpone(self, stream_id: int | None, now_s: float) -> None:
        """That turn failed: leave it alone for a while."""
        if stream_id is None:
            self._room_left = False  # it is used for what comes, or given back with the next that is deleted
        else:
            self._turns.remove(stream_id)
            self._retry_at_s[stream_id] = now_s + RETRY_S

    def pause(self, now_s: float) -> None:
        """The file cannot be used: leave all of it alone for a while, or until it is opened anew."""
        self._begins_at_s = now_s + RETRY_S

    def _give_room_back(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA freelist_count").fetchone()[0]:
            # Not `execute`: it stops after the first page.
            connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_A_STEP})")
        else:
            self._room_left = False
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
