"""The thread that writes: whatever waits is committed together, and answered after the sync.

While one group is being synced the next one gathers, so many streams share one sync and none waits for a
timer. Deleting goes in small steps between groups.

After a failed sync nobody knows what of the written pages is on disk, and the next sync may succeed without
them. So a connection that met such a failure is not used again: the file is opened anew, all that can be read
of its log is written and synced once more, and what is held is read again, before anybody is answered.
"""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence, Set
from contextlib import suppress
from pathlib import Path

import structlog

from meeting_service import metrics
from meeting_service.audio import Gap
from meeting_service.errors import MeetingServiceError, Overloaded, StorageFailed
from meeting_service.failpoints import interrupt, reach
from meeting_service.ledger.answers import Answers
from meeting_service.ledger.holdings import Holdings
from meeting_service.ledger.plan import Held, Plan
from meeting_service.ledger.requests import Delete, Probe, Request
from meeting_service.ledger.rows import Kind, Row
from meeting_service.ledger.schema import Failure, empty_log, explain_failure, judge_failure, touch
from meeting_service.ledger.sweep import Sweep, erase
from meeting_service.room import Room

log = structlog.get_logger()

MAX_WAITING_REQUESTS = 8_192
MAX_WAITING_BYTES = 64 << 20
ERASE_RETRY_S = 1.0
"""how long after a reader was in the way the log is to be emptied again"""
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
    """Owns the connection that writes. Its thread alone changes `holdings`; anybody may read them.

    Full means `MAX_WAITING_REQUESTS` or `MAX_WAITING_BYTES` waiting: what comes then is refused.

    Args:
        path: of the file.
        open_file: opens it to write, also again after a failure.
        room: whether the disk has room for audio.

    Raises:
        CannotStart: from `open_file`.
        sqlite3.Error: the file cannot be read.
    """

    def __init__(self, path: Path, open_file: Callable[[], sqlite3.Connection], room: Room) -> None:
        self._path = path
        self._open_file = open_file
        self._room = room
        self._connection = open_file()
        try:
            self.holdings = Holdings(self._connection)
        except BaseException:
            self._connection.close()
            raise
        self._suspect = False
        """whether the connection met a failure after which it is not to be used again"""
        self.failure: StorageFailed | None = None
        """why the last group could not be committed; any thread may read it"""
        self.damage: str | None = None
        """what was found not to be as it was written; any thread may read it"""
        self._sweep = Sweep(self.holdings.doomed)
        self._deletions: list[Delete] = []
        self._erase_at_s: float | None = time.monotonic()
        """when to empty the log, which may hold what was deleted, also before this process began"""
        self._waiting: deque[Request] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._answers = Answers()
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
            if _is_due(self._sweep.due_at_s()):
                self._step_sweep()
                self._answers.deliver()
            elif _is_due(self._erase_at_s):
                self._erase()
        for deletion in self._deletions:
            detail = "the ledger was closed while deleting; the rest goes when it is opened again"
            self._answers.fail(deletion.done, StorageFailed(detail))
        self._answers.deliver()
        self._connection.close()

    def _take_group(self) -> list[Request] | None:
        """What waits, up to the group's size, without those whose caller gave up; None when closed."""
        with self._wakeup:
            due_s = [at_s for at_s in (self._erase_at_s, self._sweep.due_at_s()) if at_s is not None]
            while not self._waiting and not self._closing and not any(map(_is_due, due_s)):
                self._wakeup.wait(min(due_s) - time.monotonic() if due_s else None)
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

    def _commit(self, group: Sequence[Request]) -> None:
        lack = self._room.find_lack()
        for request in group:
            if lack is not None and not isinstance(request, Delete):
                self._answers.fail(request.done, lack)
        fitting = [request for request in group if lack is None or isinstance(request, Delete)]
        self.failure = (self._store(fitting) if fitting else None) or lack
        self._answers.deliver()

    def _store(self, group: Sequence[Request]) -> StorageFailed | None:
        """Commit and answer; what failed if something did, and then nobody in the group is acknowledged."""
        planned: list[tuple[Request, object]] = []
        try:
            self._renew_suspect()
            plan = Plan(self.holdings.held, self.holdings.doomed)
            for request in group:
                try:
                    planned.append((request, request.plan(plan)))
                except MeetingServiceError as refusal:  # this caller's own; the others go on
                    self._answers.fail(request.done, refusal)
            self._write(plan, touched=any(isinstance(request, Probe) for request in group))
        except Exception as error:
            return self._fail(group, error)
        self._answer(planned)
        return None

    def _fail(self, group: Sequence[Request], error: Exception) -> StorageFailed | None:
        """Answer a group that could not be committed; what is damaged may be of one stream only."""
        self._roll_back()
        kind = judge_failure(error)
        if kind is Failure.DAMAGE and len(group) > 1:
            failures = [self._store([request]) for request in group]
            return next((failure for failure in failures if failure), None)
        self._suspect = self._suspect or kind is Failure.UNCERTAIN
        failure = explain_failure(error, self._path)
        if kind is Failure.DAMAGE:
            self.damage = f"the audio ledger {self._path} is damaged: {error}"
        if self._suspect:
            self._fail_deletions(self.holdings.doomed, failure)
        log.error("audio_not_stored", code=failure.code, error=str(error), requests=len(group))
        metrics.storage_failures.labels("audio", failure.code).inc()
        for request in group:
            self._answers.fail(request.done, failure)
        return failure

    def _renew_suspect(self) -> None:
        """Open the file anew if the connection is not to be trusted.

        Raises:
            CannotStart, StorageFailed, sqlite3.Error: it cannot be used yet.
        """
        if not self._suspect:
            return
        with suppress(sqlite3.Error):
            self._connection.close()
        self._connection = self._open_file()
        if not empty_log(self._connection):
            raise StorageFailed("the log is being read; it is written anew when it is not")
        found = Holdings(self._connection)
        found.tell_lost(self.holdings)
        self.holdings = found
        self._sweep.renew(found.doomed)
        self._suspect = False
        log.warning("ledger_opened_anew")

    def _write(self, plan: Plan, *, touched: bool) -> None:
        if not (plan.streams or plan.doomed or touched):
            return
        after: dict[int, Held] = {}
        grown_rows: list[_Placed] = []
        new_rows: list[_Placed] = []
        for stream_id, stream in plan.streams.items():
            grown, rows = stream.rows()
            grown_rows += [(stream_id, grown)] if grown else []
            new_rows += [(stream_id, row) for row in rows]
            after[stream_id] = stream.held_after(grown, rows)
        reach("before_commit")
        self._connection.execute("BEGIN IMMEDIATE")
        self._write_rows(grown_rows, new_rows)
        reach("in_audio_transaction")
        held = ((stream_id, held.through, held.tail) for stream_id, held in after.items())
        self._connection.executemany(_HOLD, held)
        self._write_doomed(plan.doomed)
        if touched:
            touch(self._connection)
        reach("before_audio_commit")
        interrupt("in_audio_commit")
        self._connection.execute("COMMIT")
        reach("after_commit_before_ack")
        if interrupt("in_audio_checkpoint"):
            self._connection.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
        gaps = [Gap(i, row.start, row.end) for i, row in grown_rows + new_rows if row.kind is Kind.GAP]
        self.holdings.move_on(after, gaps, plan.doomed)

    def _write_rows(self, grown: Iterable[_Placed], new: Iterable[_Placed]) -> None:
        """Each statement once for all streams: with hundreds of them it costs less than one by one."""
        self._connection.executemany(_GROW, ((row.length, row.crc(i), i, row.start) for i, row in grown))
        values = ((i, row.start, row.length, row.kind, row.crc(i), row.pcm) for i, row in new)
        self._connection.executemany(_INSERT, values)

    def _write_doomed(self, stream_ids: Iterable[int]) -> None:
        ids = [(stream_id,) for stream_id in stream_ids]
        self._connection.executemany("DELETE FROM stream WHERE id = ?", ids)
        self._connection.executemany("INSERT OR IGNORE INTO doomed (stream) VALUES (?)", ids)

    def _answer(self, planned: list[tuple[Request, object]]) -> None:
        for request, answer in planned:
            if isinstance(request, Delete):
                self._deletions.append(request)
                self._sweep.add(request.stream_ids)
            else:
                self._answers.succeed(request.done, answer)
        self._answer_deletions()

    def _step_sweep(self) -> None:
        """Delete a little more. What cannot be deleted is told, and tried again after a while."""
        try:
            self._renew_suspect()
        except Exception as error:
            self._sweep.pause(time.monotonic())
            self._fail_deletions(self.holdings.doomed, self._explain_undeleted(error))
            return
        turn = self._sweep.take_turn(time.monotonic())
        try:
            gone = self._sweep.step(self._connection, turn)
        except Exception as error:
            self._roll_back()
            self._suspect = self._suspect or judge_failure(error) is Failure.UNCERTAIN
            self._sweep.postpone(turn, time.monotonic())
            self._fail_deletions({turn}, self._explain_undeleted(error, stream=turn))
            return
        if gone or turn is None:
            self._erase_at_s = time.monotonic()
        if gone:
            self.holdings.doomed.discard(turn)
            self._answer_deletions()

    def _explain_undeleted(self, error: Exception, **where: object) -> StorageFailed:
        failure = explain_failure(error, self._path)
        log.error("audio_not_deleted", code=failure.code, error=str(error), **where)
        metrics.storage_failures.labels("audio", failure.code).inc()
        return failure

    def _erase(self) -> None:
        """Empty the log; while somebody reads it, or it cannot be written, again and again."""
        try:
            erased = not self._suspect and erase(self._connection)
        except sqlite3.Error as error:
            self._suspect = self._suspect or judge_failure(error) is Failure.UNCERTAIN
            erased = False
        self._erase_at_s = None if erased else time.monotonic() + ERASE_RETRY_S

    def _answer_deletions(self) -> None:
        """Say so to those of whose streams nothing is left, not even in the log if readers allow that."""
        done = [
            deletion for deletion in self._deletions if self.holdings.doomed.isdisjoint(deletion.stream_ids)
        ]
        if any(deletion.stream_ids for deletion in done):
            self._erase()
        for deletion in done:
            self._deletions.remove(deletion)
            self._answers.succeed(deletion.done, None)

    def _fail_deletions(self, undeleted: Set[int | None], failure: StorageFailed) -> None:
        """Say so to those who wait for one of these streams."""
        for deletion in [found for found in self._deletions if not undeleted.isdisjoint(found.stream_ids)]:
            self._deletions.remove(deletion)
            self._answers.fail(deletion.done, failure)

    def _roll_back(self) -> None:
        # SQLite has rolled back by itself if it cannot be told to; a closed connection has nothing open.
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _is_due(at_s: float | None) -> bool:
    return at_s is not None and at_s <= time.monotonic()
