"""The thread that writes: whatever waits is committed together, and answered after the sync.

While one group is being synced the next one gathers, so many streams share one sync and none waits for a
timer. Deleting goes in small steps between groups.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from meeting_service.audio import Gap
from meeting_service.errors import MeetingServiceError, Overloaded, StorageFailed
from meeting_service.ledger.answers import Answers
from meeting_service.ledger.plan import Held, Plan
from meeting_service.ledger.requests import Delete, Request
from meeting_service.ledger.rows import Kind, Row
from meeting_service.ledger.schema import explain_failure
from meeting_service.ledger.sweep import sweep

MAX_WAITING_REQUESTS = 8_192
MAX_WAITING_BYTES = 64 << 20
_MAX_GROUP_BYTES = 16 << 20

_INSERT = "INSERT INTO piece (stream, start, length, kind, crc, pcm) VALUES (?, ?, ?, ?, ?, ?)"
_GROW = "UPDATE piece SET length = ?, crc = ? WHERE stream = ? AND start = ?"
_HOLD = (
    "INSERT INTO stream (id, through, tail) VALUES (?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET through = excluded.through, tail = excluded.tail"
)


_Placed = tuple[int, Row]
"""a row and the stream it is of"""


class Writer:
    """Owns the connection that writes. Its thread alone changes `held` and `gaps`; anybody may read them.

    Full means `MAX_WAITING_REQUESTS` or `MAX_WAITING_BYTES` waiting: what comes then is refused.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self.held = {row[0]: Held(row[1], row[2]) for row in connection.execute("SELECT * FROM stream")}
        self.gaps: dict[int, list[Gap]] = {}
        for row in connection.execute(
            "SELECT stream, start, start + length FROM piece WHERE kind = 2 ORDER BY stream, start"
        ):
            self._remember_gap(Gap(*row))
        self._doomed = {row[0] for row in connection.execute("SELECT stream FROM doomed")}
        self._sweep: Iterator[None] | None = self._start_sweep() if self._doomed else None
        self._deletions: list[Delete] = []
        self._waiting: deque[Request] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._answers = Answers()
        self.failing = False
        """whether the last group could not be committed; any thread may read it"""
        self._wakeup = threading.Condition()
        # A daemon: whoever was answered is safe on disk, so nobody must wait for this thread to exit.
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, request: Request) -> None:
        """Queue a request; any thread. Its future says how it went.

        Raises:
            Overloaded: too much waits already.
            StorageFailed: the ledger is closed.
        """
        with self._wakeup:
            if self._closing:
                raise StorageFailed("the audio ledger is closed")
            after = self._waiting_bytes + request.size_bytes
            if len(self._waiting) >= MAX_WAITING_REQUESTS or (self._waiting and after > MAX_WAITING_BYTES):
                raise Overloaded("audio comes faster than it can be stored", retry_after_s=1)
            self._waiting.append(request)
            self._waiting_bytes = after
            self._wakeup.notify()

    def close(self) -> None:
        """Write what waits, then let go of the file. May be called again."""
        with self._wakeup:
            self._closing = True
            self._wakeup.notify()
        self._thread.join()

    def _run(self) -> None:
        while (group := self._take_group()) is not None:
            if group:
                self._commit(group)
            if self._sweep is not None:
                self._step_sweep(self._sweep)
        for deletion in self._deletions:
            detail = "the ledger was closed while deleting; the rest goes when it is opened again"
            self._answers.fail(deletion.done, StorageFailed(detail))
        self._answers.deliver()
        self._connection.close()

    def _take_group(self) -> list[Request] | None:
        """What waits, up to the group's size, without those whose caller gave up; None when closed."""
        with self._wakeup:
            while not self._waiting and not self._closing and self._sweep is None:
                self._wakeup.wait()
            if self._closing and not self._waiting:
                return None
            group: list[Request] = []
            taken_bytes = 0
            while self._waiting and taken_bytes < _MAX_GROUP_BYTES:
                request = self._waiting.popleft()
                taken_bytes += request.size_bytes
                group.append(request)
            self._waiting_bytes -= taken_bytes
        return [request for request in group if not request.done.cancelled()]

    def _commit(self, group: list[Request]) -> None:
        plan = Plan(self.held, self._doomed)
        planned: list[tuple[Request, object]] = []
        try:
            for request in group:
                try:
                    planned.append((request, request.plan(plan)))
                except MeetingServiceError as refusal:  # this caller's own; the others go on
                    self._answers.fail(request.done, refusal)
            self._write(plan)
        except Exception as error:  # nobody in the group is acknowledged
            self.failing = True
            self._roll_back()
            failure = explain_failure(error, self._path)
            failure.__cause__ = error
            for request in group:
                self._answers.fail(request.done, failure)
        else:
            self.failing = False
            self._answer(planned)
        self._answers.deliver()

    def _write(self, plan: Plan) -> None:
        if not plan.streams and not plan.doomed:
            return
        after: dict[int, Held] = {}
        grown_rows: list[_Placed] = []
        new_rows: list[_Placed] = []
        for stream_id, stream in plan.streams.items():
            grown, rows = stream.rows()
            grown_rows += [(stream_id, grown)] if grown else []
            new_rows += [(stream_id, row) for row in rows]
            after[stream_id] = stream.held_after(grown, rows)
        self._connection.execute("BEGIN IMMEDIATE")
        self._write_rows(grown_rows, new_rows)
        held = ((stream_id, held.through, held.tail) for stream_id, held in after.items())
        self._connection.executemany(_HOLD, held)
        self._write_doomed(plan.doomed)
        self._connection.execute("COMMIT")
        gaps = [Gap(i, row.start, row.end) for i, row in grown_rows + new_rows if row.kind is Kind.GAP]
        self._publish(after, gaps, plan.doomed)

    def _write_rows(self, grown: Iterable[_Placed], new: Iterable[_Placed]) -> None:
        """Each statement once for all streams: with hundreds of them it costs less than one by one."""
        self._connection.executemany(_GROW, ((row.length, row.crc(i), i, row.start) for i, row in grown))
        values = ((i, row.start, row.length, row.kind, row.crc(i), row.pcm) for i, row in new)
        self._connection.executemany(_INSERT, values)

    def _write_doomed(self, stream_ids: Iterable[int]) -> None:
        ids = [(stream_id,) for stream_id in stream_ids]
        self._connection.executemany("DELETE FROM stream WHERE id = ?", ids)
        self._connection.executemany("INSERT OR IGNORE INTO doomed (stream) VALUES (?)", ids)

    def _publish(self, after: dict[int, Held], new_gaps: list[Gap], doomed: set[int]) -> None:
        self.held.update(after)
        for gap in new_gaps:
            self._remember_gap(gap)
        for stream_id in doomed:
            self.held.pop(stream_id, None)
            self.gaps.pop(stream_id, None)
        self._doomed |= doomed

    def _remember_gap(self, gap: Gap) -> None:
        gaps = self.gaps.setdefault(gap.stream_id, [])
        if gaps and gap.start_sample <= gaps[-1].end_sample:
            gap = Gap(gap.stream_id, gaps[-1].start_sample, gap.end_sample)
            gaps[-1] = gap
        else:
            gaps.append(gap)

    def _answer(self, planned: list[tuple[Request, object]]) -> None:
        for request, answer in planned:
            if isinstance(request, Delete):
                self._deletions.append(request)
                self._sweep = self._start_sweep()
            else:
                self._answers.succeed(request.done, answer)

    def _start_sweep(self) -> Iterator[None]:
        return sweep(self._connection, sorted(self._doomed))

    def _step_sweep(self, steps: Iterator[None]) -> None:
        """Delete a little more; when all is gone, or it cannot go on, say so to those who wait."""
        failure: StorageFailed | None = None
        try:
            next(steps)
            return
        except StopIteration:
            self._doomed.clear()
        except Exception as error:  # taken up again by the next deletion or the next start
            self._roll_back()
            failure = explain_failure(error, self._path)
            failure.__cause__ = error
        self._sweep = None
        for deletion in self._deletions:
            if failure:
                self._answers.fail(deletion.done, failure)
            else:
                self._answers.succeed(deletion.done, None)
        self._deletions.clear()
        self._answers.deliver()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                # SQLite has rolled back by itself if it could not be told to.
                return
