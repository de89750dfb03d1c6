"""Final text and gaps: kept with the events that tell them, read as one transcript."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection, insert, select

from meeting_service.errors import Conflict, InvalidRequest
from meeting_service.events import GapRecorded, SentenceFinalized, StoredEvent
from meeting_service.failpoints import reach
from meeting_service.meeting import Checkpoint, Stream, merge_people, people_by_id
from meeting_service.recognition import Unrecognised
from meeting_service.storage.bookmarks import list_bookmarks
from meeting_service.storage.events import append_event, append_events, get_event
from meeting_service.storage.meetings import get_meeting
from meeting_service.storage.participants import list_participants
from meeting_service.storage.revisions import check_running, get_revision
from meeting_service.storage.schema import gaps, sentences
from meeting_service.storage.search_index import index_sentences
from meeting_service.storage.sentences import COLUMNS, row_to_sentence, sentence_to_row
from meeting_service.storage.streams import advance, count_received, get_stream
from meeting_service.storage.untranscribed import keep_untranscribed, list_untranscribed
from meeting_service.transcript import (
    FIRST_REVISION,
    Revision,
    RevisionState,
    Sentence,
    Spoken,
    Transcript,
    TranscriptGap,
    Untranscribed,
    reading_order,
)

OfSomebody = TypeVar("OfSomebody", Sentence, Spoken, TranscriptGap, Untranscribed)


def commit_final(
    db: Connection,
    stream: Stream,
    final: Sequence[Sentence],
    checkpoint: Checkpoint,
    received_samples: int,
    unrecognised: Sequence[Unrecognised] = (),
) -> list[StoredEvent]:
    """Keep text, and speech without text, with the checkpoint that makes it final; nothing is told twice.

    Raises:
        NotFound: the stream was deleted.
        InvalidRequest: the checkpoint is another stream's.
    """
    _check_checkpoint(db, stream, checkpoint)
    told = append_events(db, stream.meeting_id, [SentenceFinalized(s) for s in _not_held(db, stream, final)])
    _insert(
        db, stream, [event.event.sentence for event in told if isinstance(event.event, SentenceFinalized)]
    )
    told += keep_untranscribed(db, stream, unrecognised)
    reach("in_sentence_transaction")
    advance(db, checkpoint, FIRST_REVISION)
    count_received(db, stream.id, received_samples)
    reach("before_sentence_commit")
    return told


def commit_revised(
    db: Connection,
    stream: Stream,
    revision: int,
    final: Sequence[Sentence],
    checkpoint: Checkpoint,
    unrecognised: Sequence[Unrecognised] = (),
) -> None:
    """The same for a later revision: told as a whole once it is done, under ids of its own.

    Raises:
        NotFound: the revision is not running any more.
        InvalidRequest: the checkpoint is another stream's.
    """
    _check_checkpoint(db, stream, checkpoint)
    check_running(db, stream.meeting_id, revision)
    own = [replace(sentence, id=f"r{revision}-{sentence.id}", seq=0) for sentence in final]
    _insert(db, stream, _not_held(db, stream, own), revision)
    keep_untranscribed(db, stream, unrecognised, revision)
    reach("in_revised_transaction")
    advance(db, checkpoint, revision)


def record_gap(db: Connection, stream: Stream, gap: TranscriptGap) -> StoredEvent:
    """Keep a gap; the same gap again gives the event that told it first."""
    get_stream(db, stream.id)
    same = (gaps.c.stream_id == stream.id, gaps.c.start_ms == gap.start_ms, gaps.c.end_ms == gap.end_ms)
    seq = db.scalar(select(gaps.c.seq).where(*same))
    if seq is not None:
        return get_event(db, stream.meeting_id, seq)
    told = append_event(db, stream.meeting_id, GapRecorded(gap))
    of = {"stream_id": stream.id, "meeting_id": stream.meeting_id, "participant_id": gap.participant_id}
    db.execute(insert(gaps).values(**of, start_ms=gap.start_ms, end_ms=gap.end_ms, seq=told.seq))
    return told


def read_transcript(db: Connection, meeting_id: str, number: int | None) -> Callable[[], Transcript]:
    """A revision of a meeting at one moment, the current one without a number; as a call that makes it.

    Hours of words take long enough to be put together beside the event loop.

    Raises:
        NotFound: no such meeting or revision.
        Conflict: the revision is not done.
    """
    meeting, revision = get_meeting(db, meeting_id), get_revision(db, meeting_id, number)
    _check_readable(revision)
    people = list_participants(db, meeting_id, revision.number)
    shown = people_by_id(people)
    of = (sentences.c.meeting_id == meeting_id, sentences.c.revision == revision.number)
    rows = db.execute(select(*COLUMNS).where(*of)).all()
    missing = list_gaps(db, meeting_id)
    lost = list_untranscribed(db, meeting_id, revision.number)
    marks = list_bookmarks(db, meeting_id)

    def build() -> Transcript:
        spoken = sorted(_as_people(map(row_to_sentence, rows), shown), key=reading_order)
        return Transcript(
            *(meeting, merge_people(people), spoken, _as_people(missing, shown), revision.number),
            *(_as_people(lost, shown), marks),
        )

    return build


def list_spoken(db: Connection, meeting_id: str, revision: int) -> list[Spoken]:
    """When each sentence of a revision is spoken, by start; by whom, as people are shown now."""
    shown = people_by_id(list_participants(db, meeting_id))
    columns = (sentences.c.participant_id, sentences.c.start_ms, sentences.c.end_ms)
    of = (sentences.c.meeting_id == meeting_id, sentences.c.revision == revision)
    rows = db.execute(select(*columns).where(*of).order_by(columns[1]))
    return _as_people([Spoken(*row) for row in rows], shown)


def _as_people(said: Iterable[OfSomebody], shown: Mapping[str, str]) -> list[OfSomebody]:
    """What participants said or did, as that of the people they are shown as."""
    return [
        one
        if shown.get(one.participant_id, one.participant_id) == one.participant_id
        else replace(one, participant_id=shown[one.participant_id])
        for one in said
    ]


def _check_checkpoint(db: Connection, stream: Stream, checkpoint: Checkpoint) -> None:
    if checkpoint.stream_id != stream.id:
        raise InvalidRequest(f"the checkpoint is of stream {checkpoint.stream_id}, the text of {stream.id}")
    get_stream(db, stream.id)


def _check_readable(revision: Revision) -> None:
    if revision.number != FIRST_REVISION and revision.state is not RevisionState.DONE:
        raise Conflict(f"revision {revision.number} is {revision.state}: it can be read when it is done")


def _insert(db: Connection, stream: Stream, new: Sequence[Sentence], revision: int = FIRST_REVISION) -> None:
    if new:
        db.execute(insert(sentences), [sentence_to_row(stream, sentence, revision) for sentence in new])
        index_sentences(db, stream.meeting_id, revision, new)


def _not_held(db: Connection, stream: Stream, final: Sequence[Sentence]) -> list[Sentence]:
    ids = [sentence.id for sentence in final]
    of = (sentences.c.meeting_id == stream.meeting_id, sentences.c.id.in_(ids))
    held = set(db.scalars(select(sentences.c.id).where(*of)))
    new = {sentence.id: sentence for sentence in reversed(final) if sentence.id not in held}
    return list(reversed(new.values()))


def list_gaps(db: Connection, meeting_id: str, after_ms: int | None = None) -> list[TranscriptGap]:
    """Audio of a meeting that never came, by time; all, or what ends after an offset."""
    order = (gaps.c.start_ms, gaps.c.participant_id, gaps.c.end_ms)
    query = select(gaps).where(gaps.c.meeting_id == meeting_id).order_by(*order)
    rows = db.execute(query if after_ms is None else query.where(gaps.c.end_ms > after_ms))
    return [TranscriptGap(row.participant_id, row.start_ms, row.end_ms) for row in rows]
