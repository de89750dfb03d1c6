"""Final text and gaps: kept with the events that tell them, read as one transcript."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Text, insert, select, type_coerce

from meeting_service.errors import InvalidRequest
from meeting_service.events import GapRecorded, SentenceFinalized, StoredEvent
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.storage.columns import fold
from meeting_service.storage.events import append_event, append_events, get_event
from meeting_service.storage.meetings import get_meeting
from meeting_service.storage.participants import list_participants
from meeting_service.storage.payload import json_to_words, words_to_json
from meeting_service.storage.schema import gaps, sentences
from meeting_service.storage.streams import advance, get_stream
from meeting_service.transcript import Sentence, Transcript, TranscriptGap, reading_order

_COLUMNS = [type_coerce(c, Text).label("words") if c is sentences.c.words else c for c in sentences.c]
"""words as the text they are stored as, to be read in their own time"""


def commit_final(
    db: Connection,
    stream: Stream,
    final: Sequence[Sentence],
    checkpoint: Checkpoint,
    received_samples: int,
) -> list[StoredEvent]:
    """Keep sentences with the checkpoint that makes them final; what is held already is not told again.

    Raises:
        NotFound: the stream was deleted.
        InvalidRequest: the checkpoint is another stream's.
    """
    if checkpoint.stream_id != stream.id:
        raise InvalidRequest(f"the checkpoint is of stream {checkpoint.stream_id}, the text of {stream.id}")
    get_stream(db, stream.id)
    told = append_events(db, stream.meeting_id, [SentenceFinalized(s) for s in _not_held(db, stream, final)])
    if told:
        db.execute(insert(sentences), [_to_row(stream, event) for event in told])
    advance(db, checkpoint, received_samples)
    return told


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


def read_transcript(db: Connection, meeting_id: str) -> Callable[[], Transcript]:
    """All of a meeting at one moment, as a call that puts it together.

    Hours of words take long enough to be put together beside the event loop.

    Raises:
        NotFound: no such meeting.
    """
    meeting, people = get_meeting(db, meeting_id), list_participants(db, meeting_id)
    rows = db.execute(select(*_COLUMNS).where(sentences.c.meeting_id == meeting_id)).all()
    missing = list_gaps(db, meeting_id)
    return lambda: Transcript(meeting, people, sorted(map(_to_sentence, rows), key=reading_order), missing)


def _not_held(db: Connection, stream: Stream, final: Sequence[Sentence]) -> list[Sentence]:
    ids = [sentence.id for sentence in final]
    of = (sentences.c.meeting_id == stream.meeting_id, sentences.c.id.in_(ids))
    held = set(db.scalars(select(sentences.c.id).where(*of)))
    new = {sentence.id: sentence for sentence in reversed(final) if sentence.id not in held}
    return list(reversed(new.values()))


def list_gaps(db: Connection, meeting_id: str) -> list[TranscriptGap]:
    """Audio of a meeting that never came, by time."""
    order = (gaps.c.start_ms, gaps.c.participant_id, gaps.c.end_ms)
    rows = db.execute(select(gaps).where(gaps.c.meeting_id == meeting_id).order_by(*order))
    return [TranscriptGap(row.participant_id, row.start_ms, row.end_ms) for row in rows]


def _to_row(stream: Stream, told: StoredEvent) -> dict[str, Any]:
    assert isinstance(told.event, SentenceFinalized)  # noqa: S101 - narrows for the type checker
    sentence = told.event.sentence
    return {
        "meeting_id": stream.meeting_id,
        "id": sentence.id,
        "stream_id": stream.id,
        "participant_id": sentence.participant_id,
        "seq": told.seq,
        "start_ms": sentence.start_ms,
        "end_ms": sentence.end_ms,
        "text": sentence.text,
        "text_folded": fold(sentence.text),
        "confidence": sentence.confidence,
        "words": words_to_json(sentence.words),
    }


def _to_sentence(row: Row[Any]) -> Sentence:
    return Sentence(
        id=row.id,
        participant_id=row.participant_id,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        text=row.text,
        confidence=row.confidence,
        words=json_to_words(json.loads(row.words)),
        seq=row.seq,
    )
