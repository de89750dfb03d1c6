"""Revisions: begun, brought to an end, deleted; the first one is the meeting's own and has no row."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.errors import Conflict, NotFound
from meeting_service.events import RevisionChanged, StoredEvent
from meeting_service.failpoints import reach
from meeting_service.meeting import Checkpoint, Meeting, MeetingState, Stream
from meeting_service.storage.corrections import carry_over, count_edited, forget_corrections
from meeting_service.storage.current import current_revision
from meeting_service.storage.events import append_event
from meeting_service.storage.meetings import get_meeting
from meeting_service.storage.schema import checkpoints, meetings, revisions, sentences, streams, untranscribed
from meeting_service.storage.streams import insert_checkpoints, list_checkpoints, list_streams
from meeting_service.transcript import FIRST_REVISION, Revision, RevisionState


def create_revision(
    db: Connection, meeting_id: str, model: str, vocabulary: Sequence[str], now: datetime, most: int
) -> tuple[Revision, StoredEvent]:
    """Begin another revision, in which nothing is final yet.

    Raises:
        NotFound: no such meeting.
        Conflict: it has not ended, or one of it is running, or it has `most` already.
    """
    meeting = get_meeting(db, meeting_id)
    _check_may_begin(meeting, list_revisions(db, meeting_id), most)
    number = _take_number(db, meeting_id)
    values = {"model": model, "vocabulary": list(vocabulary), "state": RevisionState.RUNNING}
    db.execute(insert(revisions).values(meeting_id=meeting_id, number=number, created_at=now, **values))
    reach("in_revision_transaction")
    insert_checkpoints(db, [stream.id for stream in list_streams(db, meeting_id)], number)
    return _tell(db, meeting_id, number)


def list_revisions(db: Connection, meeting_id: str) -> list[Revision]:
    """All of a meeting, the newest first.

    Raises:
        NotFound: no such meeting.
    """
    query = select(revisions.c.number).where(revisions.c.meeting_id == meeting_id)
    numbers = db.scalars(query.order_by(revisions.c.number.desc())).all()
    return [get_revision(db, meeting_id, number) for number in (*numbers, FIRST_REVISION)]


def get_revision(db: Connection, meeting_id: str, number: int | None) -> Revision:
    """The revision of that number; without one, the current one.

    Raises:
        NotFound: no such meeting or revision.
    """
    meeting = get_meeting(db, meeting_id)
    wanted = db.execute(select(current_revision(meeting_id))).scalar_one() if number is None else number
    progress = _get_progress(db, meeting_id, wanted)
    row = db.execute(select(revisions).where(*_is(meeting_id, wanted))).one_or_none()
    if row is None and wanted != FIRST_REVISION:
        raise NotFound(f"meeting {meeting_id} has no revision {number}")
    found = _first(meeting, progress) if row is None else _to_revision(row, progress)
    return replace(found, edited=count_edited(db, meeting_id, wanted))


def list_running(db: Connection) -> list[tuple[str, Revision]]:
    """What was begun and is not at its end, with the meetings' ids, oldest first."""
    query = select(revisions.c.meeting_id, revisions.c.number).where(
        revisions.c.state == RevisionState.RUNNING
    )
    rows = db.execute(query.order_by(revisions.c.created_at)).all()
    return [(row.meeting_id, get_revision(db, row.meeting_id, row.number)) for row in rows]


def list_work(db: Connection, meeting_id: str, number: int) -> list[tuple[Stream, Checkpoint]]:
    """The meeting's streams, each with how far its text is final in a revision."""
    return list_checkpoints(db, number, streams.c.meeting_id == meeting_id)


def finish_revision(db: Connection, meeting_id: str, number: int, now: datetime) -> StoredEvent:
    """All text of it is final: from here on it is the current one, with what was corrected of the same text.

    Raises:
        NotFound: it is not running.
    """
    _end(db, meeting_id, number, {"state": RevisionState.DONE, "finished_at": now})
    carry_over(db, meeting_id, number, now)
    _, told = _tell(db, meeting_id, number)
    reach("in_revision_commit")
    of = (sentences.c.meeting_id == meeting_id, sentences.c.revision == number)
    db.execute(update(sentences).where(*of).values(seq=told.seq))
    return told


def fail_revision(db: Connection, meeting_id: str, number: int, detail: str, now: datetime) -> StoredEvent:
    """It cannot go on; what there was of its text is dropped.

    Raises:
        NotFound: it is not running.
    """
    _end(db, meeting_id, number, {"state": RevisionState.FAILED, "finished_at": now, "detail": detail})
    _delete_text(db, meeting_id, number)
    return _tell(db, meeting_id, number)[1]


def delete_revision(db: Connection, meeting_id: str, number: int) -> StoredEvent:
    """Remove it, running or not.

    Raises:
        NotFound: no such meeting or revision.
        Conflict: the first one goes with its meeting only.
    """
    revision = check_deletable(db, meeting_id, number)
    db.execute(delete(revisions).where(*_is(meeting_id, number)))
    _delete_text(db, meeting_id, number)
    of = select(streams.c.id).where(streams.c.meeting_id == meeting_id)
    forget_corrections(db, meeting_id, number)
    db.execute(delete(checkpoints).where(checkpoints.c.stream_id.in_(of), checkpoints.c.revision == number))
    return append_event(db, meeting_id, RevisionChanged(replace(revision, state=RevisionState.DELETED)))


def check_deletable(db: Connection, meeting_id: str, number: int) -> Revision:
    """The revision, if it may be deleted.

    Raises:
        NotFound: no such meeting or revision.
        Conflict: the first one goes with its meeting only.
    """
    revision = get_revision(db, meeting_id, number)
    if number == FIRST_REVISION:
        raise Conflict("the first revision is what was heard live; it is deleted with the meeting")
    return revision


def check_running(db: Connection, meeting_id: str, number: int) -> None:
    """Raise `NotFound` unless the revision takes text."""
    state = db.scalar(select(revisions.c.state).where(*_is(meeting_id, number)))
    if state != RevisionState.RUNNING:
        raise NotFound(f"revision {number} of meeting {meeting_id} is not running")


def _check_may_begin(meeting: Meeting, known: Sequence[Revision], most: int) -> None:
    if meeting.state is not MeetingState.ENDED:
        raise Conflict(
            f"meeting {meeting.id} is {meeting.state}: it can be transcribed again once it has ended"
        )
    for revision in known:
        if revision.state is RevisionState.RUNNING:
            raise Conflict(f"revision {revision.number} of meeting {meeting.id} is still running")
    if len(known) >= most:
        raise Conflict(f"meeting {meeting.id} has {most} revisions, which is the limit: delete one first")


def _take_number(db: Connection, meeting_id: str) -> int:
    advance = update(meetings).where(meetings.c.id == meeting_id)
    advance = advance.values(last_revision=meetings.c.last_revision + 1)
    return int(db.execute(advance.returning(meetings.c.last_revision)).scalar_one())


def _end(db: Connection, meeting_id: str, number: int, values: dict[str, Any]) -> None:
    check_running(db, meeting_id, number)
    db.execute(update(revisions).where(*_is(meeting_id, number)).values(values))


def _delete_text(db: Connection, meeting_id: str, number: int) -> None:
    for text in (sentences, untranscribed):
        db.execute(delete(text).where(text.c.meeting_id == meeting_id, text.c.revision == number))


def _tell(db: Connection, meeting_id: str, number: int) -> tuple[Revision, StoredEvent]:
    revision = get_revision(db, meeting_id, number)
    return revision, append_event(db, meeting_id, RevisionChanged(revision))


def _get_progress(db: Connection, meeting_id: str, number: int) -> float:
    """Audio whose text is final in a revision, as a share of all that was received."""
    received = func.sum(streams.c.received_samples * RECOGNITION_RATE_HZ // streams.c.rate_hz)
    query = (
        select(func.sum(checkpoints.c.resume), received)
        .join_from(checkpoints, streams)
        .where(streams.c.meeting_id == meeting_id, checkpoints.c.revision == number)
    )
    done, total = db.execute(query).one()
    return min(1.0, round(done / total, 3)) if total else 0.0


def _first(meeting: Meeting, progress: float) -> Revision:
    ended = meeting.state is MeetingState.ENDED
    return Revision(
        number=FIRST_REVISION,
        model=meeting.model,
        vocabulary=meeting.vocabulary,
        state=RevisionState.DONE if ended else RevisionState.RUNNING,
        created_at=meeting.started_at,
        finished_at=meeting.ended_at,
        progress=1.0 if ended else progress,
    )


def _to_revision(row: Row[Any], progress: float) -> Revision:
    state = RevisionState(row.state)
    return Revision(
        number=row.number,
        model=row.model,
        vocabulary=tuple(row.vocabulary),
        state=state,
        created_at=row.created_at,
        finished_at=row.finished_at,
        progress=1.0 if state is RevisionState.DONE else progress,
        detail=row.detail,
    )


def _is(meeting_id: str, number: int) -> tuple[Any, Any]:
    return revisions.c.meeting_id == meeting_id, revisions.c.number == number
