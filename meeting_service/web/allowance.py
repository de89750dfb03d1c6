"""How fast somebody may go on: what is not used is saved up for a moment, what is too much waits. No I/O."""

BURST_S = 2.0
"""what may be saved up, in seconds of the rate"""
SHORTEST_WAIT_S = 0.02


class Allowance:
    """One sender's, of messages. Times are monotonic."""

    def __init__(self, now_s: float) -> None:
        self._saved: float | None = None
        self._at_s = now_s

    def take(self, rate: float, now_s: float) -> float:
        """Take one message at `rate` a second; returns how long to wait before the next, often 0."""
        most = rate * BURST_S
        saved = most if self._saved is None else self._saved + (now_s - self._at_s) * rate
        self._saved, self._at_s = min(most, saved) - 1, now_s
        wait_s = -self._saved / rate
        return wait_s if wait_s >= SHORTEST_WAIT_S else 0.0
