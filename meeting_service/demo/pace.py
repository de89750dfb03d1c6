"""The meeting's own clock while it is played: at the speed of life, or a multiple of it."""

import asyncio

from meeting_service.clock import Clock


class Pace:
    """Offset 0 of the meeting is the moment this is made."""

    def __init__(self, clock: Clock, speed: float = 1.0) -> None:
        self._clock = clock
        self._speed = speed
        self._begun_s = clock.monotonic_s()

    async def wait_until(self, offset_ms: float) -> None:
        """Return when the meeting has come this far, at once if it has."""
        if (due_ms := -self.delay_ms(offset_ms)) > 0:
            await asyncio.sleep(due_ms / 1000)

    def delay_ms(self, offset_ms: float) -> float:
        """How long ago, in wall time, the meeting came this far; negative before it did."""
        passed_s = self._clock.monotonic_s() - self._begun_s
        return passed_s * 1000 - offset_ms / self._speed
