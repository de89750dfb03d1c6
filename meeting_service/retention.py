"""How long things are kept: rules over times, without a clock or a database."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from meeting_service.meeting import Meeting

LEAP = timedelta(days=1)
"""a clock that is ahead by more than this of what it said before has leapt, or nothing ran for so long"""
LEAP_GRACE = timedelta(days=1)
"""how long such a clock is not believed for what is from before"""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long meetings are kept, in days from when all their text is final. None is for ever."""

    audio_days: float | None
    transcripts_days: float | None

    def audio_until(self, meeting: Meeting) -> datetime | None:
        """When a meeting's audio is due to be removed; None while that is not known, and for ever."""
        transcript = self.transcript_until(meeting)
        audio = _until(meeting.kept_from, self.audio_days, meeting.audio_days)
        return min((until for until in (audio, transcript) if until is not None), default=None)

    def transcript_until(self, meeting: Meeting) -> datetime | None:
        """Likewise for all of a meeting."""
        return _until(meeting.kept_from, self.transcripts_days, meeting.transcripts_days)


@dataclass(frozen=True, slots=True)
class SeenClock:
    """What the machine's wall clock has said, kept over restarts. All times are UTC.

    A clock that is wrong must not make everything seem old. When it leaps ahead, what is from before the leap
    is judged by what it said before, until it was seen to go on for a day from where it leapt to. Another
    leap in that day, as after every pause of a service that runs now and then, lets the day go on: `leapt_at`
    is as long before that leap as was seen of the day.
    """

    seen_at: datetime
    leapt_from: datetime | None = None
    leapt_at: datetime | None = None

    def see(self, now: datetime) -> "SeenClock":
        """The same after another look."""
        if now - self.seen_at > LEAP:
            return SeenClock(now, self.leapt_from or self.seen_at, now - self._borne_out())
        if self.leapt_at is not None and timedelta() <= now - self.leapt_at < LEAP_GRACE:
            return replace(self, seen_at=now)
        return SeenClock(now)

    @property
    def leaping(self) -> bool:
        """Whether it is not believed now."""
        return self.leapt_at is not None

    def _borne_out(self) -> timedelta:
        """How long it was seen to go on since it leapt; a pause of the service is not counted."""
        return timedelta() if self.leapt_at is None else self.seen_at - self.leapt_at

    def is_past(self, until: datetime, kept_from: datetime) -> bool:
        """Whether something that is kept since one time until another has been kept long enough."""
        if self.leapt_at is not None and self.leapt_from is not None and kept_from < self.leapt_at:
            return until <= self.leapt_from
        return until <= self.seen_at


def _until(kept_from: datetime | None, *days: float | None) -> datetime | None:
    given = [limit for limit in days if limit is not None]
    return kept_from + timedelta(days=min(given)) if kept_from is not None and given else None
