"""Meetings: made once per id, renamed, ended, listed, searched, deleted."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, text, tuple_, update

from meeting_service.clock import MeetingClock
from meeting_service.errors import NotFound
from meeting_service.events import MeetingChanged, StoredEvent
from meeting_service.meeting import Meeting, MeetingState, NewMeeting
from meeting_service.search import Search, fold
from meeting_service.storage.clocks import delete_clock, insert_clock
from meeting_service.storage.events import append_event
from meeting_service.storage.hits import are_meetings
from meeting_service.storage.pages import MeetingPage, cursor_to_key, meeting_to_cursor
from meeting_service.storage.schema import gone, meetings, streams

MAX_PAGE = 500

_COLUMNS = [c for c in meetings.c if c.name not in ("title_folded", "last_seq", "last_revision")]


def create_meeting(db: Connection, new: NewMeeting, now: datetime) -> tuple[Meeting, bool]:
    """The meeting of that id, made if it is not there, and whether it was."""
    if new.id is not None and (held := find_meeting(db, new.id)) is not None:
        return held, False
    meeting = _draw_up(new, now)
    values = {c.name: getattr(meeting, c.name) for c in _COLUMNS}
    values |= {"vocabulary": list(meeting.vocabulary), "title_folded": fold(meeting.title), "last_seq": 0}
    db.execute(insert(meetings).values(values))
    insert_clock(db, _make_clock(meeting, now, start_told=new.started_at is not None))
    append_event(db, meeting.id, MeetingChanged(meeting))
    return meeting, True


def find_meeting(db: Connection, meeting_id: str) -> Meeting | None:
    """The meeting, or None."""
    row = db.execute(select(*_COLUMNS).where(meetings.c.id == meeting_id)).one_or_none()
    return None if row is None else _to_meeting(row)


def get_meeting(db: Connection, meeting_id: str) -> Meeting:
    """The meeting.

    Raises:
        NotFound: there is none.
    """
    meeting = find_meeting(db, meeting_id)
    if meeting is None:
        raise NotFound(f"there is no meeting {meeting_id}")
    return meeting


def list_meetings(
    db: Connection, state: MeetingState | None, search: Search, limit: int, cursor: str | None
) -> MeetingPage:
    """A page of meetings, newest start first."""
    limit = min(max(limit, 1), MAX_PAGE)
    query = select(*_COLUMNS).order_by(meetings.c.started_at.desc(), meetings.c.id.desc()).limit(limit + 1)
    if state is not None:
        query = query.where(meetings.c.state == state)
        if state is not MeetingState.ENDED:
            query = query.where(text("meetings.state != 'ended'"))  # as the index of those says it
    query = query.where(*are_meetings(db, search))
    if cursor is not None:
        query = query.where(_is_after(*cursor_to_key(cursor)))
    found = [_to_meeting(row) for row in db.execute(query)]
    more = len(found) > limit
    return MeetingPage(found[:limit], meeting_to_cursor(found[limit - 1]) if more else None)


def list_where(db: Connection, *conditions: ColumnElement[bool]) -> list[Meeting]:
    """All meetings of which these are true, by when they were final."""
    query = select(*_COLUMNS).where(*conditions).order_by(meetings.c.kept_from, meetings.c.id)
    return [_to_meeting(row) for row in db.execute(query)]


def rename_meeting(db: Connection, meeting_id: str, title: str) -> StoredEvent:
    """Give another title."""
    return change_meeting(db, meeting_id, {"title": title, "title_folded": fold(title)})


def set_meeting_state(
    db: Connection, meeting_id: str, state: MeetingState, ended_at: datetime | None
) -> StoredEvent:
    """Move on in the meeting's life; an end time once set stays."""
    times: dict[str, datetime] = {}
    if ended_at is not None:
        times["ended_at"] = get_meeting(db, meeting_id).ended_at or ended_at
    if state is MeetingState.ENDED and ended_at is not None:
        times["kept_from"] = ended_at
    if state is MeetingState.ENDED:  # nobody has to be kept away any more, or placed
        db.execute(delete(gone).where(gone.c.meeting_id == meeting_id))
        delete_clock(db, meeting_id)
    return change_meeting(db, meeting_id, {"state": state, **times})


def delete_meeting(db: Connection, meeting_id: str) -> list[int]:
    """Remove the meeting and all that is of it; the ids of the streams it had."""
    ids = list(
        db.scalars(select(streams.c.id).where(streams.c.meeting_id == meeting_id).order_by(streams.c.id))
    )
    if db.execute(delete(meetings).where(meetings.c.id == meeting_id)).rowcount == 0:
        raise NotFound(f"there is no meeting {meeting_id}")
    return ids


def change_meeting(db: Connection, meeting_id: str, values: Mapping[str, object]) -> StoredEvent:
    """Set columns of a meeting, and tell of it.

    Raises:
        NotFound: there is no such meeting.
    """
    db.execute(update(meetings).where(meetings.c.id == meeting_id).values(values))
    return append_event(db, meeting_id, MeetingChanged(get_meeting(db, meeting_id)))


def _draw_up(new: NewMeeting, now: datetime) -> Meeting:
    started_at = (new.started_at or now).astimezone(UTC)
    return Meeting(
        id=new.id or f"{now:%Y%m%d}-{secrets.token_hex(8)}",
        title=new.title or f"Meeting of {started_at:%Y-%m-%d %H:%M} UTC",
        state=MeetingState.LIVE,
        started_at=started_at,
        language=new.language,
        vocabulary=tuple(new.vocabulary),
        model=new.model,
        audio_days=new.audio_days,
        transcripts_days=new.transcripts_days,
    )


def _make_clock(meeting: Meeting, now: datetime, *, start_told: bool) -> MeetingClock:
    return MeetingClock(meeting.id, (now - meeting.started_at) // timedelta(milliseconds=1), start_told)


def _is_after(started_at: datetime, meeting_id: str) -> ColumnElement[bool]:
    return tuple_(meetings.c.started_at, meetings.c.id) < tuple_(started_at, meeting_id)


def _to_meeting(row: Row[Any]) -> Meeting:
    return Meeting(
        id=row.id,
        title=row.title,
        state=MeetingState(row.state),
        started_at=row.started_at,
        ended_at=row.ended_at,
        language=row.language,
        vocabulary=tuple(row.vocabulary),
        model=row.model,
        audio_days=row.audio_days,
        transcripts_days=row.transcripts_days,
        kept_from=row.kept_from,
        audio_removed_at=row.audio_removed_at,
    )
