"""How far a meeting is, and where in it a stream begins: by a clock that no wall clock moves."""

from datetime import datetime, timedelta

import structlog

from meeting_service.errors import InvalidRequest

log = structlog.get_logger()

CLOCK_SKEW = timedelta(minutes=5)
LONGEST_MEETING = timedelta(days=7)
_SKEW_MS = CLOCK_SKEW // timedelta(milliseconds=1)
_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


class Present:
    """A meeting's present, counted on by monotonic time from where the wall clock put it once.

    Clocks of bots and the service's differ by some minutes at most; if by more, nobody here can know which is
    wrong, and no bot can set the service's. So the first stream is placed by its arrival then, and those that
    follow relative to it.

    Args:
        started_at: the meeting's start.
        told: whether the caller said when that was; then it and times of capture are of one clock.
        now: wall time.
        now_s: the same moment in monotonic seconds, as in all methods.
    """

    def __init__(self, started_at: datetime, now: datetime, now_s: float, *, told: bool) -> None:
        self._started_at = started_at
        self._told = told
        self._zero_s = now_s - (now - started_at).total_seconds()
        self._difference_ms = 0
        """what the clocks of who sends were found to be behind"""

    def reach(self, offset_ms: int, now_s: float) -> None:
        """The meeting is at least so far, for so far its audio goes."""
        self._zero_s = min(self._zero_s, now_s - offset_ms / 1000)

    def check(self, captured_at: datetime) -> None:
        """Refuse a time of capture that contradicts what the caller said of the meeting's start.

        Raises:
            InvalidRequest: it is before that, or long after.
        """
        if not self._told:
            return
        said = f"the time of capture, {captured_at:{_SECONDS}},"
        if captured_at < self._started_at - CLOCK_SKEW:
            started = f"{self._started_at:{_SECONDS}}"
            raise InvalidRequest(f"{said} is before the meeting's start, {started}: check the time zones")
        if captured_at > self._started_at + LONGEST_MEETING:
            raise InvalidRequest(f"{said} is more than {LONGEST_MEETING.days} days after the meeting's start")

    def place(self, captured_at: datetime | None, now_s: float) -> int:
        """Where in the meeting, in ms, a stream begins whose first audio came now."""
        now_ms = round((now_s - self._zero_s) * 1000)
        if captured_at is None:
            return max(0, now_ms)
        at_ms = round((captured_at - self._started_at).total_seconds() * 1000)
        if self._told:
            return max(0, at_ms)
        for placed_ms in (at_ms, at_ms + self._difference_ms):
            if -_SKEW_MS <= placed_ms <= now_ms + _SKEW_MS:
                return max(0, placed_ms)
        self._difference_ms = now_ms - at_ms
        log.warning("clocks_differ", by_s=self._difference_ms // 1000)
        return max(0, now_ms)
