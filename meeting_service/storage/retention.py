"""What has been kept for how long: meetings that may be due, and what is left of them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, exists, insert, not_, or_, select, text, update

from meeting_service.errors import Conflict
from meeting_service.events import StoredEvent
from meeting_service.meeting import Meeting
from meeting_service.retention import SeenClock
from meeting_service.storage.meetings import change_meeting, list_where
from meeting_service.storage.schema import meetings, revisions, streams, wall_clock
from meeting_service.storage.streams import count_received
from meeting_service.transcript import RevisionState


def see_clock(db: Connection, now: datetime) -> SeenClock:
    """Take down what the wall clock says; what ended at a time that is yet to come ended now."""
    row = db.execute(select(wall_clock)).one_or_none()
    if row is None:
        db.execute(insert(wall_clock).values(id=1, seen_at=now))
        return SeenClock(now)
    seen = SeenClock(row.seen_at, row.leapt_from, row.leapt_at).see(now)
    values = {"seen_at": seen.seen_at, "leapt_from": seen.leapt_from, "leapt_at": seen.leapt_at}
    db.execute(update(wall_clock).values(values))
    if now < row.seen_at:
        db.execute(update(meetings).where(meetings.c.kept_from > now).values(kept_from=now))
    return seen


def list_with_audio(db: Connection, before: datetime | None) -> list[Meeting]:
    """Meetings with audio that are final since `before` or earlier, and those with a limit of their own."""
    own = or_(meetings.c.audio_days.is_not(None), meetings.c.transcripts_days.is_not(None))
    since = own if before is None else or_(own, meetings.c.kept_from <= before)
    held = exists().where(streams.c.meeting_id == meetings.c.id)
    return list_where(
        db, meetings.c.kept_from.is_not(None), meetings.c.audio_removed_at.is_(None), held, since
    )


def list_final(db: Connection, before: datetime | None) -> list[Meeting]:
    """Meetings that are final since `before` or earlier, and those with a limit of their own."""
    own = meetings.c.transcripts_days.is_not(None)
    since = own if before is None else or_(own, meetings.c.kept_from <= before)
    return list_where(db, meetings.c.kept_from.is_not(None), since)


def remove_audio(
    db: Connection, meeting_id: str, received_samples: Mapping[int, int], now: datetime
) -> StoredEvent:
    """Say that a meeting's audio is not kept from now on; how much there was stays known.

    Raises:
        NotFound: no such meeting.
        Conflict: something of it is still to be recognised.
    """
    unfinished = exists().where(streams.c.meeting_id == meeting_id, not_(streams.c.finished))
    running = exists().where(revisions.c.meeting_id == meeting_id, revisions.c.state == RevisionState.RUNNING)
    if db.scalar(select(or_(unfinished, running))):
        raise Conflict(f"audio of meeting {meeting_id} is still to be transcribed")
    for stream_id, samples in received_samples.items():
        count_received(db, stream_id, samples)
    return change_meeting(db, meeting_id, {"audio_removed_at": now})


def find_unkept(db: Connection, stream_ids: Collection[int]) -> set[int]:
    """Those of whose audio nothing is to be kept: they were deleted, or their meeting's audio removed."""
    of = meetings.c.id == streams.c.meeting_id
    kept = select(streams.c.id).join(meetings, of).where(meetings.c.audio_removed_at.is_(None))
    return set(stream_ids).difference(db.scalars(kept))


def counts_on_audio(db: Connection) -> bool:
    """Whether audio was received that is to be kept."""
    of = meetings.c.id == streams.c.meeting_id
    kept = select(streams.c.id).join(meetings, of).where(meetings.c.audio_removed_at.is_(None))
    return db.scalar(kept.where(streams.c.received_samples > 0).limit(1)) is not None


def last_stream_id(db: Connection) -> int:
    """The latest number a stream was given, also one that was deleted; 0 if there never was one."""
    return int(db.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'streams'")) or 0)
