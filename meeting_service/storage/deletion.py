"""One person deleted: their rows, their words in every revision, and what was told of them."""

from sqlalchemy import Connection, and_, case, delete, insert, select

from meeting_service.events import ParticipantDeleted, StoredEvent
from meeting_service.meeting import MeetingState, participant_to_fingerprint
from meeting_service.storage.events import append_event
from meeting_service.storage.meetings import get_meeting
from meeting_service.storage.participants import list_ids
from meeting_service.storage.schema import events, gone, participants, streams


def delete_person(db: Connection, meeting_id: str, participant_id: str) -> tuple[list[int], StoredEvent]:
    """Remove all that is theirs, and of who was merged into them: they are one person.

    The numbers of the events that told of them stay unused.

    Returns:
        The ids of their streams, and the event that somebody was deleted.

    Raises:
        NotFound: no such participant.
    """
    ids = list_ids(db, meeting_id, participant_id)
    own = (streams.c.meeting_id == meeting_id, streams.c.participant_id.in_(ids))
    stream_ids = list(db.scalars(select(streams.c.id).where(*own).order_by(streams.c.id)))
    told_of = case(
        (events.c.kind == "participant", events.c.payload["id"].as_string()),
        else_=events.c.payload["participant_id"].as_string(),
    )
    db.execute(delete(events).where(events.c.meeting_id == meeting_id, told_of.in_(ids)))
    if get_meeting(db, meeting_id).state is not MeetingState.ENDED:
        known = insert(gone).prefix_with("OR IGNORE")
        fingerprints = [participant_to_fingerprint(meeting_id, one) for one in ids]
        db.execute(known, [{"meeting_id": meeting_id, "fingerprint": one} for one in fingerprints])
    # Streams go with them, and with those sentences with their corrections, gaps and checkpoints.
    is_them = and_(participants.c.meeting_id == meeting_id, participants.c.id.in_(ids))
    db.execute(delete(participants).where(is_them))
    return stream_ids, append_event(db, meeting_id, ParticipantDeleted())


def list_gone(db: Connection, meeting_id: str) -> set[str]:
    """The fingerprints of those who were deleted of a meeting that has not ended."""
    return set(db.scalars(select(gone.c.fingerprint).where(gone.c.meeting_id == meeting_id)))


def forget_gone(db: Connection, meeting_id: str, fingerprint: str | None = None) -> None:
    """Nobody, or one of them, is to be kept away any more."""
    of = [gone.c.meeting_id == meeting_id]
    if fingerprint is not None:
        of.append(gone.c.fingerprint == fingerprint)
    db.execute(delete(gone).where(*of))
