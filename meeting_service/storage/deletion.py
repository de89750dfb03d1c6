"""One participant deleted: their rows, their words in every revision, and what was told of them."""

from sqlalchemy import Connection, and_, case, delete, select

from meeting_service.events import ParticipantDeleted, StoredEvent
from meeting_service.storage.events import append_event
from meeting_service.storage.participants import get_participant
from meeting_service.storage.schema import events, participants, streams


def delete_participant(db: Connection, meeting_id: str, participant_id: str) -> tuple[list[int], StoredEvent]:
    """Remove all that is theirs. The numbers of the events that told of them stay unused.

    Returns:
        The ids of their streams, and the event that somebody was deleted.

    Raises:
        NotFound: no such participant.
    """
    get_participant(db, meeting_id, participant_id)
    own = (streams.c.meeting_id == meeting_id, streams.c.participant_id == participant_id)
    ids = list(db.scalars(select(streams.c.id).where(*own).order_by(streams.c.id)))
    told_of = case(
        (events.c.kind == "participant", events.c.payload["id"].as_string()),
        else_=events.c.payload["participant_id"].as_string(),
    )
    db.execute(delete(events).where(events.c.meeting_id == meeting_id, told_of == participant_id))
    # Streams go with them, and with those sentences, gaps and checkpoints.
    is_them = and_(participants.c.meeting_id == meeting_id, participants.c.id == participant_id)
    db.execute(delete(participants).where(is_them))
    return ids, append_event(db, meeting_id, ParticipantDeleted())
