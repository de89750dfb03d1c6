"""How long a client waits before it tries again, and when it gives up."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from meeting_service.errors import MeetingServiceError, Overloaded


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
    silence_s: float = 20.0
    """after so long without an answer that is due a connection counts as dead, whatever TCP says"""
    event_silence_s: float = 40.0
    """likewise an event stream, on which the service says something every 15 s"""

    def delay_s(self, attempt: int, *, later: bool = False) -> float:
        """The wait before attempt `attempt`, counted from 0."""
        delay_s = self.delays_s[min(attempt, len(self.delays_s) - 1)]
        jitter_s = random.uniform(0, self.jitter_s)  # noqa: S311 spreads load, keeps no secret
        return max(delay_s, self.later_s if later else 0.0) + jitter_s


class Attempts:
    """The failures in a row of one undertaking. Used on one event loop.

    Args:
        patience: how long to go on.
        tell: gets the error and the seconds until the next attempt.
    """

    def __init__(
        self, patience: Patience, tell: Callable[[MeetingServiceError, float], None] = lambda *_: None
    ) -> None:
        self._patience = patience
        self._tell = tell
        self._number = 0
        self._heard_s = asyncio.get_running_loop().time()

    def succeeded(self) -> None:
        """The service was heard of: waits begin anew."""
        self._number = 0
        self._heard_s = asyncio.get_running_loop().time()

    async def wait(self, error: MeetingServiceError) -> None:
        """Wait for the next attempt.

        Raises:
            MeetingServiceError: `error`, if nothing was heard for longer than the patience lasts.
        """
        if asyncio.get_running_loop().time() - self._heard_s > self._patience.give_up_s:
            raise error
        delay_s = self._patience.delay_s(self._number, later=isinstance(error, Overloaded))
        self._number += 1
        self._tell(error, delay_s)
        await asyncio.sleep(delay_s)
