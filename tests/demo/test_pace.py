"""The played meeting's clock."""

from datetime import UTC, datetime

import pytest

from meeting_service.demo.pace import Pace


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic_s(self) -> float:
        return self.now_s

    def utc_now(self) -> datetime:
        return datetime.fromtimestamp(self.now_s, UTC)


def test_speed_shortens_wall_time() -> None:
    """At four times the speed of life, 8 s of the meeting are over after 2 s."""
    clock = HandClock()
    pace = Pace(clock, 4)
    clock.now_s += 2.5

    assert pace.delay_ms(8_000) == pytest.approx(500)
    assert pace.delay_ms(12_000) == pytest.approx(-500)


async def test_what_is_due_is_not_waited_for() -> None:
    """An offset that has passed returns at once."""
    clock = HandClock()
    pace = Pace(clock)
    clock.now_s += 1

    await pace.wait_until(1_000)
