"""Where streams begin in a meeting, whatever the clocks say."""

from datetime import UTC, datetime, timedelta

import pytest

from meeting_service.errors import InvalidRequest
from meeting_service.sessions.present import Present

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
NOW_S = 5_000.0


def made(after: timedelta = timedelta(0), *, told: bool = False) -> Present:
    """A meeting whose start, by the wall clock, is so long ago."""
    return Present(START, START + after, NOW_S, told=told)


def test_it_counts_on_by_monotonic_time() -> None:
    """What arrives a minute after the meeting was made begins there; the wall clock is not asked again."""
    assert 60_000 == made().place(None, NOW_S + 60)


def test_before_its_start_a_meeting_is_at_its_start() -> None:
    """One that is said to start later, or that was found by a clock that had gone back."""
    assert 0 == made(timedelta(hours=-1)).place(None, NOW_S)


def test_it_is_as_far_as_its_audio() -> None:
    """A clock that had gone back places nobody before those who have spoken; one that is right stays."""
    present = made(timedelta(hours=-1))
    present.reach(90_000, NOW_S)
    present.reach(30_000, NOW_S)

    assert 95_000 == present.place(None, NOW_S + 5)


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
