"""What is written down of each stream beside its text, and what an audit of it found."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, true, update

from meeting_service.accounting import Record
from meeting_service.errors import NotFound
from meeting_service.storage.schema import checkpoints, gaps, meetings, revisions, streams, untranscribed
from meeting_service.storage.streams import row_to_checkpoint, row_to_stream
from meeting_service.transcript import FIRST_REVISION, RevisionState, TranscriptGap


def list_records(db: Connection, meeting_id: str, revision: int) -> list[Record]:
    """All streams of a meeting as a revision has them, oldest first; none of a meeting that is not there."""
    query = select(streams, checkpoints, meetings.c.audio_removed_at, _finished(revision).label("final"))
    query = query.join_from(streams, checkpoints).join(meetings, meetings.c.id == streams.c.meeting_id)
    of = (streams.c.meeting_id == meeting_id, checkpoints.c.revision == revision)
    given_up, shown = _count_given_up(db, meeting_id, revision), _list_gaps(db, meeting_id)
    return [
        _to_record(row, given_up.get(row.id, 0), shown)
        for row in db.execute(query.where(*of).order_by(streams.c.id))
    ]


def note_unaccounted(db: Connection, stream_id: int, revision: int, samples: int) -> None:
    """Keep what an audit of a finished stream found.

    Raises:
        NotFound: the stream or revision was deleted.
    """
    of = (checkpoints.c.stream_id == stream_id, checkpoints.c.revision == revision)
    if db.execute(update(checkpoints).where(*of).values(unaccounted_samples=samples)).rowcount == 0:
        raise NotFound(f"there is no stream {stream_id} in revision {revision}")


def list_unaudited(db: Connection) -> list[tuple[str, int]]:
    """Meetings and revisions with finished streams that no audit has seen, oldest first."""
    done = and_(revisions.c.meeting_id == streams.c.meeting_id, revisions.c.number == checkpoints.c.revision)
    query = (
        select(streams.c.meeting_id, checkpoints.c.revision)
        .join_from(checkpoints, streams)
        .outerjoin(revisions, done)
        .where(checkpoints.c.unaccounted_samples.is_(None), streams.c.finished)
        .where(or_(checkpoints.c.revision == FIRST_REVISION, revisions.c.state == RevisionState.DONE))
        .group_by(streams.c.meeting_id, checkpoints.c.revision)
        .order_by(func.min(streams.c.id))
    )
    return [(row.meeting_id, row.revision) for row in db.execute(query)]


def sum_unaccounted(db: Connection) -> int:
    """16 kHz samples that audits could not account for, of all meetings."""
    return int(db.scalar(select(func.sum(checkpoints.c.unaccounted_samples))) or 0)


def _finished(revision: int) -> Any:
    """Whether all text of a stream is final: of a later revision, when all of it is done."""
    if revision == FIRST_REVISION:
        return streams.c.finished
    done = (revisions.c.meeting_id == streams.c.meeting_id, revisions.c.number == revision)
    return select(true()).where(*done, revisions.c.state == RevisionState.DONE).exists()


def _to_record(row: Row[Any], given_up: int, shown: Sequence[tuple[int, TranscriptGap]]) -> Record:
    return Record(
        row_to_stream(row),
        row_to_checkpoint(row, ()),
        received_samples=row.received_samples,
        not_transcribed_samples=given_up + row.unmarked_samples,
        gaps=[gap for stream_id, gap in shown if stream_id == row.id],
        participant_gaps=[gap for _, gap in shown if gap.participant_id == row.participant_id],
        finished=bool(row.final),
        audio_kept=row.audio_removed_at is None,
        unaccounted_samples=row.unaccounted_samples,
    )


def _count_given_up(db: Connection, meeting_id: str, revision: int) -> dict[int, int]:
    """16 kHz samples of stretches up to the checkpoint, by stream: they are told before it passes them."""
    length = func.sum(untranscribed.c.end_sample - untranscribed.c.start_sample)
    passed = and_(
        checkpoints.c.stream_id == untranscribed.c.stream_id,
        checkpoints.c.revision == revision,
        untranscribed.c.start_sample < checkpoints.c.resume,
    )
    of = (untranscribed.c.meeting_id == meeting_id, untranscribed.c.revision == revision)
    query = select(untranscribed.c.stream_id, length).join(checkpoints, passed).where(*of)
    rows = db.execute(query.group_by(untranscribed.c.stream_id))
    return {stream_id: int(samples) for stream_id, samples in rows}


def _list_gaps(db: Connection, meeting_id: str) -> list[tuple[int, TranscriptGap]]:
    """Those of a meeting that are shown, each with the stream it is of."""
    rows = db.execute(select(gaps).where(gaps.c.meeting_id == meeting_id))
    return [(row.stream_id, TranscriptGap(row.participant_id, row.start_ms, row.end_ms)) for row in rows]
