"""As parts of queries: which revision of a meeting is the current one, how far somebody's audio goes."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from meeting_service.storage.schema import participants, revisions, streams
from meeting_service.transcript import FIRST_REVISION, RevisionState


def current_revision(meeting_id: ColumnElement[str] | str) -> ColumnElement[int]:
    """The number of the newest revision that is done; the first one is, for this purpose, from the start."""
    done = (revisions.c.meeting_id == meeting_id, revisions.c.state == RevisionState.DONE)
    newest: ColumnElement[Any] = select(func.max(revisions.c.number)).where(*done).scalar_subquery()
    return func.coalesce(newest, FIRST_REVISION)


def until_ms() -> ColumnElement[int]:
    """Of a participant in a query, where in the meeting the last of their audio ends."""
    own = (streams.c.meeting_id == participants.c.meeting_id, streams.c.participant_id == participants.c.id)
    end = streams.c.anchor_ms + streams.c.received_samples * 1000 // streams.c.rate_hz
    last = func.coalesce(func.max(end).filter(streams.c.received_samples > 0), 0)
    return select(last).where(*own).correlate(participants).scalar_subquery()
