"""Time as a dependency: wall time for people, monotonic time for waiting."""

import time
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
