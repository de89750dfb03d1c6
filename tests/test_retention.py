"""Retention: when something was kept long enough, by a clock that may be wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from meeting_service.meeting import Meeting, MeetingState
from meeting_service.retention import Retention, SeenClock

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def make_meeting(
    kept_from: datetime | None = START, audio_days: float | None = None, transcripts_days: float | None = None
) -> Meeting:
    """One that has ended."""
    return Meeting(
        *("m", "M", MeetingState.ENDED, START),
        kept_from=kept_from,
        audio_days=audio_days,
        transcripts_days=transcripts_days,
    )


@pytest.mark.parametrize(
    ("rules", "meeting", "audio_days", "transcript_days"),
    [
        (Retention(7, None), make_meeting(), 7, None),
        (Retention(None, None), make_meeting(), None, None),
        (Retention(7, 30), make_meeting(audio_days=0, transcripts_days=3), 0, 3),
        (Retention(7, None), make_meeting(audio_days=20), 7, None),
        (Retention(None, 2), make_meeting(), 2, 2),
        (Retention(7, 3), make_meeting(kept_from=None), None, None),
    ],
)
def test_the_shortest_limit_counts(
    rules: Retention, meeting: Meeting, audio_days: float | None, transcript_days: float | None
) -> None:
    """Of the settings', the meeting's own, and for audio that of the whole meeting; from when it is final."""

    def after(days: float | None) -> datetime | None:
        return None if days is None else START + timedelta(days=days)

    assert (after(audio_days), after(transcript_days)) == (
        rules.audio_until(meeting),
        rules.transcript_until(meeting),
    )


def test_a_clock_that_goes_on_is_believed() -> None:
    """Looked at now and then, it makes things old as it should."""
    clock = SeenClock(START)
    for hours in range(24 * 8):
        clock = clock.see(START + hours * HOUR)

    assert not clock.leaping
    assert clock.is_past(START + 7 * DAY, START)
    assert not clock.is_past(START + 8 * DAY, START)


def test_a_leap_makes_nothing_old_for_a_day() -> None:
    """What is from before is judged by the clock as it was; what came after, by the clock as it is."""
    clock = SeenClock(START).see(START + 400 * DAY)

    assert clock.leaping
    assert not clock.is_past(START + 7 * DAY, START)
    assert clock.is_past(START, START - DAY)
    assert clock.is_past(START + 400 * DAY, START + 400 * DAY)
    assert clock.see(START + 400 * DAY + 23 * HOUR).leaping
    later = clock.see(START + 400 * DAY + 12 * HOUR).see(START + 401 * DAY)
    assert later.is_past(START + 7 * DAY, START)


def test_a_leap_that_is_taken_back_leaves_nothing() -> None:
    """A clock that was set right again is believed at once."""
    clock = SeenClock(START).see(START + 400 * DAY).see(START + HOUR)

    assert clock == SeenClock(START + HOUR)


def test_a_second_leap_is_held_against_the_clock_before_the_first() -> None:
    """A wrong clock that leaps on does not make its first leap true."""
    clock = SeenClock(START).see(START + 400 * DAY).see(START + 900 * DAY)

    assert clock.leapt_from == START
    assert not clock.is_past(START + 7 * DAY, START)


def test_a_service_that_runs_now_and_then_believes_its_clock() -> None:
    """Nine hours every Monday: the day that a leap is doubted is made of what was seen, over the pauses."""
    clock, old = SeenClock(START), []
    for week in range(5):
        for minutes in range(0, 9 * 60 + 1, 10):
            clock = clock.see(START + week * 7 * DAY + timedelta(minutes=minutes))
        old.append(clock.is_past(START + 7 * DAY, START))

    assert [False, False, False, True] == old[:4]


def test_leaps_add_up_to_no_more_than_was_seen() -> None:
    """Many of them, with an hour in between, do not make a wrong clock right before a day has passed."""
    clock = SeenClock(START)
    for leap in range(1, 24):
        clock = clock.see(START + leap * 400 * DAY).see(START + leap * 400 * DAY + HOUR)
        assert not clock.is_past(START + 7 * DAY, START)
    assert clock.leapt_from == START
