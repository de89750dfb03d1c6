"""A meeting's stored events: numbered 1, 2, 3, … in the transaction of what they tell."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, insert, select, text, update

from meeting_service.errors import NotFound
from meeting_service.events import ParticipantChanged, SentenceFinalized, StoredEvent, StoredEventKind
from meeting_service.storage.payload import event_to_payload, payload_to_event
from meeting_service.storage.schema import events, meetings


def append_events(db: Connection, meeting_id: str, told: Sequence[StoredEventKind]) -> list[StoredEvent]:
    """Number and keep events, in their order; a sentence learns its number.

    Raises:
        NotFound: no such meeting.
    """
    first = _take_numbers(db, meeting_id, len(told))
    stored = [StoredEvent(meeting_id, seq, _as_kept(event, seq)) for seq, event in enumerate(told, first)]
    if stored:
        db.execute(insert(events), [_to_row(event) for event in stored])
    return stored


def append_event(db: Connection, meeting_id: str, told: StoredEventKind) -> StoredEvent:
    """Number and keep one event."""
    return append_events(db, meeting_id, [told])[0]


def list_events(db: Connection, meeting_id: str, after: int, limit: int) -> list[StoredEvent]:
    """The next events after a number, in order; none for a meeting that is not there."""
    query = select(events).where(events.c.meeting_id == meeting_id, events.c.seq > after)
    rows = db.execute(query.order_by(events.c.seq).limit(limit))
    return [StoredEvent(r.meeting_id, r.seq, payload_to_event(*r)) for r in rows]


def get_event(db: Connection, meeting_id: str, seq: int) -> StoredEvent:
    """The event of that number, which must be there."""
    return list_events(db, meeting_id, seq - 1, 1)[0]


def last_seq(db: Connection, meeting_id: str) -> int:
    """The number of the latest event; 0 for a meeting that is not there."""
    return db.scalar(select(meetings.c.last_seq).where(meetings.c.id == meeting_id)) or 0


def touch(db: Connection) -> None:
    """Write a row as it is: shows whether anything can be written."""
    db.execute(text("UPDATE alembic_version SET version_num = version_num"))


def _take_numbers(db: Connection, meeting_id: str, count: int) -> int:
    advance = update(meetings).where(meetings.c.id == meeting_id).values(last_seq=meetings.c.last_seq + count)
    last = db.scalar(advance.returning(meetings.c.last_seq))
    if last is None:
        raise NotFound(f"there is no meeting {meeting_id}")
    return int(last) - count + 1


def _as_kept(event: StoredEventKind, seq: int) -> StoredEventKind:
    match event:
        case SentenceFinalized(sentence):
            return SentenceFinalized(replace(sentence, words=tuple(sentence.words), seq=seq))
        case ParticipantChanged(participant):
            # Who somebody is the same person as is told as it is then: the other one may be deleted.
            plain = replace(participant, told_name=None, version=0, merged_into=None, aliases=())
            return ParticipantChanged(plain)
    return event


def _to_row(stored: StoredEvent) -> dict[str, object]:
    kind, payload = event_to_payload(stored.event)
    return {"meeting_id": stored.meeting_id, "seq": stored.seq, "kind": kind, "payload": payload}
