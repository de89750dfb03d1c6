"""Bookmarks: moments of a meeting that somebody marked; each change is told, and only the latest is kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from meeting_service.errors import Conflict, NotFound, Outdated
from meeting_service.events import BookmarkChanged, BookmarkDeleted, StoredEvent
from meeting_service.storage.events import append_event, last_seq
from meeting_service.storage.meetings import get_meeting
from meeting_service.storage.schema import bookmarks, events
from meeting_service.transcript import Bookmark

MAX_BOOKMARKS = 500
"""of one meeting"""


def create_bookmark(
    db: Connection, meeting_id: str, at_ms: int, note: str, now: datetime
) -> tuple[Bookmark, StoredEvent | None]:
    """Mark a moment; the same note at the same moment is the mark that is there, and no event.

    Raises:
        NotFound: no such meeting.
        Conflict: it has as many as it may have.
    """
    get_meeting(db, meeting_id)
    held = list_bookmarks(db, meeting_id)
    for bookmark in held:
        if (bookmark.at_ms, bookmark.note) == (at_ms, note):
            return bookmark, None
    if len(held) >= MAX_BOOKMARKS:
        raise Conflict(f"the meeting has {MAX_BOOKMARKS} bookmarks, which is the limit: delete one first")
    # The number of the event that tells of it, which no other ever has.
    bookmark = Bookmark(last_seq(db, meeting_id) + 1, at_ms, note, now)
    values = {name: getattr(bookmark, name) for name in Bookmark.__slots__}
    db.execute(insert(bookmarks).values(meeting_id=meeting_id, **values))
    return bookmark, append_event(db, meeting_id, BookmarkChanged(bookmark))


def change_bookmark(
    db: Connection, meeting_id: str, number: int, at_ms: int | None, note: str | None, expected: int | None
) -> tuple[Bookmark, StoredEvent | None]:
    """Move it, or write another note; what is None stays. What is there already makes no event.

    Raises:
        NotFound: no such bookmark.
        Outdated: it is not at the version expected.
    """
    held = get_bookmark(db, meeting_id, number)
    values = {"at_ms": held.at_ms if at_ms is None else at_ms, "note": held.note if note is None else note}
    if (held.at_ms, held.note) == (values["at_ms"], values["note"]):
        return held, None
    _check_version(held, expected)
    _forget_events(db, meeting_id, number)
    changed = update(bookmarks).where(*_is(meeting_id, number))
    db.execute(changed.values(**values, version=held.version + 1))
    bookmark = get_bookmark(db, meeting_id, number)
    return bookmark, append_event(db, meeting_id, BookmarkChanged(bookmark))


def delete_bookmark(db: Connection, meeting_id: str, number: int, expected: int | None) -> StoredEvent:
    """Remove it, and what was told of it; the numbers of those events stay unused.

    Raises:
        NotFound: no such bookmark.
        Outdated: it is not at the version expected.
    """
    check_bookmark(db, meeting_id, number, expected)
    _forget_events(db, meeting_id, number)
    db.execute(delete(bookmarks).where(*_is(meeting_id, number)))
    return append_event(db, meeting_id, BookmarkDeleted(number))


def check_bookmark(db: Connection, meeting_id: str, number: int, expected: int | None) -> None:
    """Whether it may be changed.

    Raises:
        NotFound: no such bookmark.
        Outdated: it is not at the version expected.
    """
    _check_version(get_bookmark(db, meeting_id, number), expected)


def get_bookmark(db: Connection, meeting_id: str, number: int) -> Bookmark:
    """The bookmark.

    Raises:
        NotFound: there is none.
    """
    row = db.execute(select(bookmarks).where(*_is(meeting_id, number))).one_or_none()
    if row is None:
        raise NotFound(f"there is no bookmark {number} in meeting {meeting_id}")
    return _to_bookmark(row)


def list_bookmarks(db: Connection, meeting_id: str) -> Sequence[Bookmark]:
    """All of a meeting, by time."""
    query = select(bookmarks).where(bookmarks.c.meeting_id == meeting_id)
    return [_to_bookmark(row) for row in db.execute(query.order_by(bookmarks.c.at_ms, bookmarks.c.id))]


def _forget_events(db: Connection, meeting_id: str, number: int) -> None:
    """Whoever comes later is told what there is now: no former note is kept."""
    told_of = events.c.payload["id"].as_integer() == number
    of = (events.c.meeting_id == meeting_id, events.c.kind == "bookmark")
    db.execute(delete(events).where(*of, told_of))


def _check_version(held: Bookmark, expected: int | None) -> None:
    if expected not in (None, held.version):
        raise Outdated("the bookmark", held.version, {"at_ms": held.at_ms, "note": held.note})


def _is(meeting_id: str, number: int) -> tuple[Any, Any]:
    return bookmarks.c.meeting_id == meeting_id, bookmarks.c.id == number


def _to_bookmark(row: Row[Any]) -> Bookmark:
    return Bookmark(row.id, row.at_ms, row.note, row.created_at, row.version)
