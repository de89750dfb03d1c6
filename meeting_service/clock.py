"""Time as a dependency: wall time for people, monotonic time for waiting."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the service learns what time it is."""

    def utc_now(self) -> datetime:
        """Wall time, with its zone."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that never jump."""
        ...


class SystemClock:
    """The machine's clock."""

    def utc_now(self) -> datetime:
        """Wall time, with its zone."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class MeetingClock:
    """What is to be known of a live meeting's time after a restart; see `sessions.present`."""

    meeting_id: str
    active_ms: int
    """offset in the meeting at which audio last came or a sender was connected, else at which it was made"""
    start_told: bool = False
    """whether its creator said when it starts"""
    difference_ms: int = 0
    """what the clocks of who sends were found to be behind the meeting"""
    ahead_ms: int = 0
    """by how much the wall clock was found to be ahead of the meeting"""
