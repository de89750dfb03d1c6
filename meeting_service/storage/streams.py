"""Streams: opened, ended, finished, and how far the text of each is final."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, not_, select, update

from meeting_service.clock import MeetingClock
from meeting_service.errors import NotFound
from meeting_service.events import ParticipantChanged, StoredEvent
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.storage.clocks import keep_clocks
from meeting_service.storage.events import append_event
from meeting_service.storage.participants import get_participant
from meeting_service.storage.schema import checkpoints, meetings, streams
from meeting_service.storage.untranscribed import list_given_up
from meeting_service.transcript import FIRST_REVISION


def open_stream(
    db: Connection,
    meeting_id: str,
    participant_id: str,
    rate_hz: int,
    anchor_ms: int,
    repeats: int | None,
    clock: MeetingClock | None,
) -> tuple[Stream, StoredEvent]:
    """A new stream of a participant who is there; its id was never used before."""
    get_participant(db, meeting_id, participant_id)
    keep_clocks(db, [clock] if clock else [])
    values = {
        "meeting_id": meeting_id,
        "participant_id": participant_id,
        "rate_hz": rate_hz,
        "anchor_ms": anchor_ms,
        "repeats": repeats,
    }
    new = insert(streams).values(**values, ended=False, finished=False, received_samples=0)
    stream_id = db.execute(new.returning(streams.c.id)).scalar_one()
    insert_checkpoints(db, [stream_id], FIRST_REVISION)
    stream = Stream(stream_id, meeting_id, participant_id, rate_hz, anchor_ms, repeats=repeats)
    return stream, _tell(db, stream)


def end_stream(db: Connection, stream_id: int) -> StoredEvent | None:
    """No more audio will come; an event if with it the participant left."""
    stream = get_stream(db, stream_id)
    if stream.ended:
        return None
    db.execute(update(streams).where(streams.c.id == stream_id).values(ended=True))
    present = get_participant(db, stream.meeting_id, stream.participant_id).present
    return None if present else _tell(db, stream)


def finish_stream(db: Connection, stream_id: int, now: datetime) -> None:
    """All text of it is final; with it perhaps that of a meeting that has ended."""
    if db.execute(update(streams).where(streams.c.id == stream_id).values(finished=True)).rowcount == 0:
        raise NotFound(f"there is no stream {stream_id}")
    of = select(streams.c.meeting_id).where(streams.c.id == stream_id).scalar_subquery()
    db.execute(update(meetings).where(meetings.c.id == of, meetings.c.kept_from <= now).values(kept_from=now))


def delete_stream(db: Connection, stream_id: int) -> None:
    """Remove it with its checkpoints, sentences and gaps."""
    db.execute(delete(streams).where(streams.c.id == stream_id))


def get_stream(db: Connection, stream_id: int) -> Stream:
    """The stream.

    Raises:
        NotFound: there is none.
    """
    row = db.execute(select(streams).where(streams.c.id == stream_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no stream {stream_id}")
    return row_to_stream(row)


def get_received(db: Connection, stream_id: int) -> int:
    """Samples that were held when last something of it became final; 0 for a stream nobody knows."""
    return db.scalar(select(streams.c.received_samples).where(streams.c.id == stream_id)) or 0


def list_streams(db: Connection, meeting_id: str) -> list[Stream]:
    """All streams of a meeting, oldest first."""
    rows = db.execute(select(streams).where(streams.c.meeting_id == meeting_id).order_by(streams.c.id))
    return [row_to_stream(row) for row in rows]


def list_unfinished_streams(db: Connection) -> list[tuple[Stream, Checkpoint]]:
    """What there is left to recognise after a restart, oldest first."""
    return list_checkpoints(db, FIRST_REVISION, not_(streams.c.finished))


def list_checkpoints(
    db: Connection, revision: int, which: ColumnElement[bool]
) -> list[tuple[Stream, Checkpoint]]:
    """Streams with how far their text is final in a revision, oldest first."""
    query = select(streams, checkpoints).join_from(streams, checkpoints)
    query = query.where(checkpoints.c.revision == revision, which).order_by(streams.c.id)
    given_up = list_given_up(db, revision)
    return [
        (row_to_stream(row), row_to_checkpoint(row, given_up.get(row.id, ()))) for row in db.execute(query)
    ]


def insert_checkpoints(db: Connection, stream_ids: Sequence[int], revision: int) -> None:
    """Nothing of these streams is final in the revision yet."""
    nothing = {"revision": revision, "resume": 0, "speech_samples": 0, "transcribed_samples": 0}
    if stream_ids:
        db.execute(insert(checkpoints), [{"stream_id": stream_id, **nothing} for stream_id in stream_ids])


def advance(db: Connection, checkpoint: Checkpoint, revision: int) -> None:
    """Move a stream's checkpoint on; it never goes back, whoever reports late."""
    of = (checkpoints.c.stream_id == checkpoint.stream_id, checkpoints.c.revision == revision)
    db.execute(
        update(checkpoints)
        .where(*of, checkpoints.c.resume <= checkpoint.resume)
        .values(
            resume=checkpoint.resume,
            speech_samples=checkpoint.speech_samples,
            transcribed_samples=checkpoint.transcribed_samples,
        )
    )


def count_received(db: Connection, stream_id: int, samples: int) -> None:
    """So much audio of a stream is held; it never becomes less."""
    grown = (streams.c.id == stream_id, streams.c.received_samples < samples)
    db.execute(update(streams).where(*grown).values(received_samples=samples))


def _tell(db: Connection, stream: Stream) -> StoredEvent:
    participant = get_participant(db, stream.meeting_id, stream.participant_id)
    return append_event(db, stream.meeting_id, ParticipantChanged(participant))


def row_to_stream(row: Row[Any]) -> Stream:
    """A row of `streams`."""
    return Stream(
        id=row.id,
        meeting_id=row.meeting_id,
        participant_id=row.participant_id,
        rate_hz=row.rate_hz,
        anchor_ms=row.anchor_ms,
        ended=row.ended,
        finished=row.finished,
        repeats=row.repeats,
    )


def row_to_checkpoint(row: Row[Any], given_up: Sequence[int]) -> Checkpoint:
    """A row of `checkpoints`, with where speech without text begins that was told beyond it."""
    return Checkpoint(
        stream_id=row.stream_id,
        resume=row.resume,
        speech_samples=row.speech_samples,
        transcribed_samples=row.transcribed_samples,
        given_up=tuple(given_up),
    )
