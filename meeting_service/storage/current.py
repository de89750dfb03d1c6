"""Which revision of a meeting is the current one, as a part of queries."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from meeting_service.storage.schema import revisions
from meeting_service.transcript import FIRST_REVISION, RevisionState


def current_revision(meeting_id: ColumnElement[str] | str) -> ColumnElement[int]:
    """The number of the newest revision that is done; the first one is, for this purpose, from the start."""
    done = (revisions.c.meeting_id == meeting_id, revisions.c.state == RevisionState.DONE)
    newest: ColumnElement[Any] = select(func.max(revisions.c.number)).where(*done).scalar_subquery()
    return func.coalesce(newest, FIRST_REVISION)
