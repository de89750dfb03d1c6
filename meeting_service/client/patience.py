"""How long a client waits before it tries again."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """The waits between attempts; the last is repeated, and success starts over."""

    delays_s: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 5.0)
    jitter_s: float = 0.5
    """up to so much is added, so that a hundred bots do not come back at once"""
    later_s: float = 5.0
    """the least wait after the service has said that it is too busy"""
    give_up_s: float = 300.0
    """after so long without the service an open stream fails"""
    buffer_s: float = 60.0
    """audio that a stream keeps for the service; a write waits while it is full"""

    def delay_s(self, attempt: int, *, later: bool = False) -> float:
        """The wait before attempt `attempt`, counted from 0."""
        delay_s = self.delays_s[min(attempt, len(self.delays_s) - 1)]
        jitter_s = random.uniform(0, self.jitter_s)  # noqa: S311 spreads load, keeps no secret
        return max(delay_s, self.later_s if later else 0.0) + jitter_s
