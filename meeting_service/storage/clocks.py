"""The time of live meetings: kept until they end, for a restart in between."""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, delete, insert, select, update

from meeting_service.clock import MeetingClock
from meeting_service.storage.schema import meeting_clocks


def insert_clock(db: Connection, clock: MeetingClock) -> None:
    """A meeting was made."""
    db.execute(insert(meeting_clocks).values(asdict(clock)))


def find_clock(db: Connection, meeting_id: str) -> MeetingClock | None:
    """Of a meeting that has not ended; else None."""
    row = db.execute(select(meeting_clocks).where(meeting_clocks.c.meeting_id == meeting_id)).one_or_none()
    return None if row is None else MeetingClock(**row._mapping)


def keep_clocks(db: Connection, clocks: Iterable[MeetingClock]) -> None:
    """Take down how these are now; of meetings that have ended nothing is kept."""
    for clock in clocks:
        of = meeting_clocks.c.meeting_id == clock.meeting_id
        db.execute(update(meeting_clocks).where(of).values(asdict(clock)))


def delete_clock(db: Connection, meeting_id: str) -> None:
    """The meeting has ended."""
    db.execute(delete(meeting_clocks).where(meeting_clocks.c.meeting_id == meeting_id))
