"""How far a meeting is, where in it a stream begins, and since when nothing came of it.

All by a clock that no wall clock moves, and that a restart of the service leaves as it was.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from meeting_service.clock import MeetingClock
from meeting_service.errors import InvalidRequest

log = structlog.get_logger()

CLOCK_SKEW = timedelta(minutes=5)
LONGEST_MEETING = timedelta(days=7)
_MS = timedelta(milliseconds=1)
_SKEW_MS = CLOCK_SKEW // _MS
_DRIFT_MS = 1_000
"""by how much the wall clock has to move, against the one that cannot be moved, to have been set"""
_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


class Present:
    """A meeting's present, counted on by monotonic time from where the wall clock put it once.

    Clocks of bots and the service's differ by some minutes at most; if by more, nobody here can know which is
    wrong, and no bot can set the service's. So the first stream is placed by its arrival then, and those that
    follow relative to it.

    Args:
        started_at: the meeting's start.
        kept: what was known when something was kept last.
        now: wall time.
        now_s: the same moment in monotonic seconds, as in all methods.
    """

    def __init__(self, started_at: datetime, kept: MeetingClock, now: datetime, now_s: float) -> None:
        now_ms = (now - started_at) / _MS - kept.ahead_ms
        self._started_at = started_at
        self._kept = kept
        self._went_back = now_ms < kept.active_ms - _DRIFT_MS
        self._zero_s = now_s - max(now_ms, kept.active_ms) / 1000
        self._difference_ms = kept.difference_ms
        """what the clocks of who sends were found to be behind"""
        self._active_ms = kept.active_ms

    @property
    def active_at(self) -> datetime:
        """When something came last, in the time in which it has started."""
        return self._started_at + max(0, self._active_ms) * _MS

    def reach(self, offset_ms: int, now_s: float) -> None:
        """It is at least so far, for so far its audio goes: if the wall clock is known to have gone back."""
        if self._went_back:
            self._zero_s = min(self._zero_s, now_s - offset_ms / 1000)

    def touch(self, now_s: float) -> None:
        """Something came, or who sends is connected."""
        self._active_ms = max(self._active_ms, self._offset_ms(now_s))

    def idle_s(self, now_s: float) -> float:
        """For how long nothing has come; a meeting that is yet to start is not idle."""
        return (self._offset_ms(now_s) - max(0, self._active_ms)) / 1000

    def to_clock(self, now: datetime, now_s: float) -> MeetingClock:
        """What is to be kept, so that a restart changes nothing."""
        ahead_ms = (now - self._started_at) // _MS - self._offset_ms(now_s)
        if abs(ahead_ms - self._kept.ahead_ms) < _DRIFT_MS:
            ahead_ms = self._kept.ahead_ms
        self._kept = replace(
            self._kept, active_ms=self._active_ms, difference_ms=self._difference_ms, ahead_ms=ahead_ms
        )
        return self._kept

    def check(self, captured_at: datetime) -> None:
        """Refuse a time of capture that contradicts what the caller said of the meeting's start.

        Raises:
            InvalidRequest: it is before that, or long after.
        """
        if not self._kept.start_told:
            return
        said = f"the time of capture, {captured_at:{_SECONDS}},"
        if captured_at < self._started_at - CLOCK_SKEW:
            started = f"{self._started_at:{_SECONDS}}"
            raise InvalidRequest(f"{said} is before the meeting's start, {started}: check the time zones")
        if captured_at > self._started_at + LONGEST_MEETING:
            raise InvalidRequest(f"{said} is more than {LONGEST_MEETING.days} days after the meeting's start")

    def place(self, captured_at: datetime | None, now_s: float) -> int:
        """Where in the meeting, in ms, a stream begins whose first audio came now."""
        now_ms = self._offset_ms(now_s)
        if captured_at is None:
            return max(0, now_ms)
        at_ms = round((captured_at - self._started_at).total_seconds() * 1000)
        if self._kept.start_told:
            return max(0, at_ms)
        for placed_ms in (at_ms, at_ms + self._difference_ms):
            if -_SKEW_MS <= placed_ms <= now_ms + _SKEW_MS:
                return max(0, placed_ms)
        self._difference_ms = now_ms - at_ms
        log.warning("clocks_differ", by_s=self._difference_ms // 1000)
        return max(0, now_ms)

    def _offset_ms(self, now_s: float) -> int:
        return round((now_s - self._zero_s) * 1000)
