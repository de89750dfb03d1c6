"""Where streams begin in a meeting, whatever the clocks say."""

from datetime import UTC, datetime, timedelta

import pytest

from meeting_service.clock import MeetingClock
from meeting_service.errors import InvalidRequest
from meeting_service.sessions.present import Present

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
NOW_S = 5_000.0


def made(after: timedelta = timedelta(0), *, told: bool = False) -> Present:
    """A meeting that was made now, whose start, by the wall clock, is so long ago."""
    active_ms = after // timedelta(milliseconds=1)
    return Present(START, MeetingClock("m", active_ms, told), START + after, NOW_S)


def test_it_counts_on_by_monotonic_time() -> None:
    """What arrives a minute after the meeting was made begins there; the wall clock is not asked again."""
    assert 60_000 == made().place(None, NOW_S + 60)


def test_before_its_start_a_meeting_is_at_its_start() -> None:
    """One that is said to start later."""
    assert 0 == made(timedelta(hours=-1)).place(None, NOW_S + 60)


def test_a_clock_that_had_gone_back_places_nobody_before_those_who_have_spoken() -> None:
    """The meeting is as far as it was when something came last, and as its audio."""
    present = Present(START, MeetingClock("m", 60_000), START - timedelta(hours=1), NOW_S)

    assert 65_000 == present.place(None, NOW_S + 5)
    present.reach(90_000, NOW_S)
    present.reach(30_000, NOW_S)
    assert 95_000 == present.place(None, NOW_S + 5)


def test_audio_that_is_sent_fast_moves_no_clock_that_is_right() -> None:
    """After a restart as before it."""
    present = Present(START, MeetingClock("m", 60_000), START + timedelta(seconds=61), NOW_S)
    present.reach(90_000, NOW_S)

    assert 66_000 == present.place(None, NOW_S + 5)


class Machine:
    """A meeting on a machine whose wall clock is set now and then, with restarts or without."""

    def __init__(self, *, restarts: bool, told: bool) -> None:
        self._now, self._now_s = START, NOW_S
        self._restarts = restarts
        self._present = Present(START, MeetingClock("m", 0, told), self._now, self._now_s)

    def pass_time(self, seconds: float, *, set_ahead_s: float = 0) -> None:
        """By both clocks; then somebody sets one."""
        self._now_s += seconds
        self._now += timedelta(seconds=seconds + set_ahead_s)

    def place(self, captured_s: float | None) -> int:
        """Where a stream begins now; afterwards the service is killed, or not, and its boot is another."""
        captured_at = None if captured_s is None else START + timedelta(seconds=captured_s)
        placed_ms = self._present.place(captured_at, self._now_s)
        self._present.touch(self._now_s)
        kept = self._present.to_clock(self._now, self._now_s)
        if self._restarts:
            self._now_s -= 4_000
            self._present = Present(START, kept, self._now, self._now_s)
        return placed_ms


@pytest.mark.parametrize("set_ahead_s", [0, 3_600, -3_600])
@pytest.mark.parametrize("told", [False, True])
def test_a_restart_in_between_places_streams_as_none_does(set_ahead_s: float, told: bool) -> None:
    """Whoever's clock is wrong, and though the service's own is set while it runs."""
    found = []
    for restarts in (False, True):
        machine = Machine(restarts=restarts, told=told)
        machine.pass_time(10)
        placed = [machine.place(7_210)]
        machine.pass_time(30, set_ahead_s=set_ahead_s)
        placed += [machine.place(7_225), machine.place(None), machine.place(20)]
        machine.pass_time(600)
        found.append([*placed, machine.place(7_240), machine.place(None)])

    assert found[0] == found[1]


def test_idle_since_something_came() -> None:
    """Not while it is yet to start, and not for a clock that is set meanwhile."""
    present, later = made(timedelta(minutes=-10)), timedelta(minutes=15)

    assert -600 == present.idle_s(NOW_S)
    assert 300 == present.idle_s(NOW_S + 900)
    present.touch(NOW_S + 700)
    assert 200 == present.idle_s(NOW_S + 900)
    kept = present.to_clock(START - timedelta(minutes=10) + later + timedelta(hours=5), NOW_S + 900)
    assert MeetingClock("m", 100_000, ahead_ms=18_000_000) == kept
    assert START + timedelta(seconds=100) == present.active_at


@pytest.mark.parametrize("offset_s", [-240, 0, 30, 350])
def test_a_time_of_capture_that_can_be_is_believed(offset_s: int) -> None:
    """Within five minutes of what the service's clock allows; before the start counts as the start."""
    at = START + timedelta(seconds=offset_s)

    assert max(0, offset_s * 1000) == made(timedelta(seconds=60)).place(at, NOW_S)


@pytest.mark.parametrize("wrong", [timedelta(hours=-1), timedelta(hours=2), timedelta(days=3_650)])
def test_clocks_that_differ_keep_streams_in_place(wrong: timedelta) -> None:
    """The first is placed by its arrival, the next relative to it, whoever's clock is right as it says."""
    present = made()

    assert 10_000 == present.place(START + wrong + timedelta(seconds=10), NOW_S + 10)
    assert 25_000 == present.place(START + wrong + timedelta(seconds=25), NOW_S + 40)
    assert 10_000 == present.place(START + wrong + timedelta(seconds=10), NOW_S + 50)
    assert 20_000 == present.place(START + timedelta(seconds=20), NOW_S + 60)


@pytest.mark.parametrize("offset", [timedelta(minutes=-6), timedelta(days=8)])
def test_what_contradicts_the_start_that_was_said_is_refused(offset: timedelta) -> None:
    """Both times are the caller's; of the service's own start nobody is told that they contradict it."""
    with pytest.raises(InvalidRequest):
        made(told=True).check(START + offset)
    made().check(START + offset)


def test_a_start_that_was_said_places_the_streams() -> None:
    """Whatever the service's clock says: sent long afterwards, or ahead of it."""
    for ago in (timedelta(days=200), timedelta(hours=-2)):
        present = made(ago, told=True)

        assert 600_000 == present.place(START + timedelta(minutes=10), NOW_S)
