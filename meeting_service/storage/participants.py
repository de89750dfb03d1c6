"""Participants: who was in a meeting, under which name, and what became of their audio."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.errors import Conflict, NotFound, Outdated
from meeting_service.events import ParticipantChanged, StoredEvent
from meeting_service.meeting import Participant, list_merged_into
from meeting_service.storage.current import current_revision, until_ms
from meeting_service.storage.events import append_event
from meeting_service.storage.meetings import get_meeting
from meeting_service.storage.schema import checkpoints, gaps, participants, streams


def put_participant(
    db: Connection, meeting_id: str, participant_id: str, name: str | None
) -> tuple[Participant, StoredEvent | None, bool]:
    """Make or rename; without a name the one held is kept, or the id serves.

    A name that was told before changes nothing: whoever sends says it again and again, and it must not
    take back what somebody wrote by hand.
    """
    held = find_participant(db, meeting_id, participant_id)
    if held is not None and name in (None, held.told_name):
        return held, None, False
    if held is None:
        _insert(db, meeting_id, participant_id, name or participant_id)
    else:
        changed = update(participants).where(_is(meeting_id, participant_id))
        db.execute(changed.values(name=name, told_name=name, version=held.version + 1))
    participant, told = _tell(db, meeting_id, participant_id)
    return participant, told, held is None


def rename_participant(
    db: Connection, meeting_id: str, participant_id: str, name: str | None, expected: int | None
) -> tuple[Participant, StoredEvent | None]:
    """Give a name by hand, or without one that of the senders again; the same name makes no event.

    Raises:
        NotFound: no such participant.
        Outdated: they are not at the version expected.
    """
    held = get_participant(db, meeting_id, participant_id)
    wanted = name or held.told_name or held.id
    if wanted == held.name:
        return held, None
    _check_version(held, expected)
    return _change(db, held, name=wanted)


def merge_participant(
    db: Connection, meeting_id: str, participant_id: str, into: str, expected: int | None
) -> tuple[Participant, StoredEvent | None]:
    """Show a participant as the same person as another, who may be merged themselves.

    Nothing of theirs is changed, so that it can be undone, and who sends under either id goes on. Whoever
    they are shown as is another person with it, of another version.

    Raises:
        NotFound: no such participants.
        Conflict: the other one is this person already.
        Outdated: they are not at the version expected.
    """
    held = get_participant(db, meeting_id, participant_id)
    other = get_participant(db, meeting_id, into)
    if held.merged_into == other.id:
        return held, None
    if held.id in _list_merged_into(db, other):
        raise Conflict(f"participant {into} is the same person as {participant_id} already")
    _check_version(held, expected)
    _raise_versions(db, held, other)
    return _change(db, held, merged_into=other.id)


def part_participant(
    db: Connection, meeting_id: str, participant_id: str, expected: int | None
) -> tuple[Participant, Sequence[StoredEvent]]:
    """Show them as a person of their own again; the one they were merged into is another with it.

    Raises:
        NotFound: no such participant.
        Outdated: they are not at the version expected.
    """
    held = get_participant(db, meeting_id, participant_id)
    if held.merged_into is None:
        return held, ()
    _check_version(held, expected)
    _raise_versions(db, held)
    other = get_participant(db, meeting_id, held.merged_into)
    participant, told = _change(db, held, merged_into=None)
    return participant, (told, _tell(db, meeting_id, other.id)[1])


def find_participant(db: Connection, meeting_id: str, participant_id: str) -> Participant | None:
    """The participant with the figures of all their streams, or None."""
    row = db.execute(_CURRENT.where(_is(meeting_id, participant_id))).one_or_none()
    return None if row is None else _to_participant(row)


def get_participant(db: Connection, meeting_id: str, participant_id: str) -> Participant:
    """The participant.

    Raises:
        NotFound: there is none.
    """
    participant = find_participant(db, meeting_id, participant_id)
    if participant is None:
        raise NotFound(f"there is no participant {participant_id} in meeting {meeting_id}")
    return participant


def list_participants(db: Connection, meeting_id: str, revision: int | None = None) -> list[Participant]:
    """All ids, in the order they came, with the figures of a revision, the current one without a number."""
    query = _CURRENT if revision is None else _select(revision)
    query = query.where(participants.c.meeting_id == meeting_id).order_by(participants.c.position)
    return [_to_participant(row) for row in db.execute(query)]


def list_ids(db: Connection, meeting_id: str, participant_id: str, expected: int | None = None) -> list[str]:
    """A participant's id and those of who was merged into them, directly or not.

    Raises:
        NotFound: no such participant.
        Outdated: they are not at the version expected.
    """
    _check_version(get_participant(db, meeting_id, participant_id), expected)
    query = select(participants.c.id, participants.c.merged_into).where(
        participants.c.meeting_id == meeting_id
    )
    merged = db.execute(query.order_by(participants.c.position)).all()
    found = [participant_id]
    for person in found:
        found += [row.id for row in merged if row.merged_into == person and row.id not in found]
    return found


def _change(db: Connection, held: Participant, **values: str | None) -> tuple[Participant, StoredEvent]:
    changed = update(participants).where(_is(held.meeting_id, held.id))
    db.execute(changed.values(**values, version=held.version + 1))
    return _tell(db, held.meeting_id, held.id)


def _list_merged_into(db: Connection, participant: Participant) -> list[str]:
    columns = (participants.c.id, participants.c.merged_into)
    rows = db.execute(select(*columns).where(participants.c.meeting_id == participant.meeting_id))
    return list_merged_into({row.id: row.merged_into for row in rows}, participant.id)


def _raise_versions(db: Connection, held: Participant, into: Participant | None = None) -> None:
    """Of all whom somebody is shown as who is merged into another or parted, before and after."""
    ids = {*_list_merged_into(db, held)[1:], *(_list_merged_into(db, into) if into else ())}
    of = (participants.c.meeting_id == held.meeting_id, participants.c.id.in_(ids))
    db.execute(update(participants).where(*of).values(version=participants.c.version + 1))


def _tell(db: Connection, meeting_id: str, participant_id: str) -> tuple[Participant, StoredEvent]:
    participant = get_participant(db, meeting_id, participant_id)
    return participant, append_event(db, meeting_id, ParticipantChanged(participant))


def _check_version(held: Participant, expected: int | None) -> None:
    if expected not in (None, held.version):
        current = {"name": held.name, "merged_into": held.merged_into or ""}
        raise Outdated("the participant", held.version, current)


def _insert(db: Connection, meeting_id: str, participant_id: str, name: str) -> None:
    get_meeting(db, meeting_id)
    last = db.scalar(select(func.max(participants.c.position)).where(participants.c.meeting_id == meeting_id))
    values: dict[str, Any] = {"meeting_id": meeting_id, "id": participant_id, "name": name, "told_name": name}
    values["position"] = (last or 0) + 1
    db.execute(insert(participants).values(values))


def _select(revision: int | None = None) -> Select[Any]:
    # Per stream, rounded down, then added: what a stream holds is never overstated. What is neither speech
    # nor waiting is silent, so that the parts add up to what was received.
    received = streams.c.received_samples * 1000 // streams.c.rate_hz
    speech = checkpoints.c.speech_samples * 1000 // RECOGNITION_RATE_HZ
    transcribed = checkpoints.c.transcribed_samples * 1000 // RECOGNITION_RATE_HZ
    heard = checkpoints.c.resume * 1000 // RECOGNITION_RATE_HZ
    waiting = case((or_(streams.c.finished, heard > received), 0), else_=received - heard)
    silent = received - speech - waiting
    unaccounted = (checkpoints.c.unaccounted_samples * 1000 + RECOGNITION_RATE_HZ - 1) // RECOGNITION_RATE_HZ
    figures = {
        "received_ms": received,
        "speech_ms": speech,
        "transcribed_ms": transcribed,
        "silent_ms": case((silent < 0, 0), else_=silent),
        "waiting_ms": waiting,
        "unaccounted_ms": unaccounted,
    }
    own = and_(
        streams.c.meeting_id == participants.c.meeting_id, streams.c.participant_id == participants.c.id
    )
    number = current_revision(participants.c.meeting_id) if revision is None else revision
    final = and_(checkpoints.c.stream_id == streams.c.id, checkpoints.c.revision == number)
    return (
        select(
            participants,
            *(func.coalesce(func.sum(figure), 0).label(name) for name, figure in figures.items()),
            _gap_ms().label("gap_ms"),
            until_ms().label("until_ms"),
            func.count(streams.c.id).filter(not_(streams.c.ended)).label("open_streams"),
        )
        .select_from(participants.outerjoin(streams, own).outerjoin(checkpoints, final))
        .group_by(participants.c.meeting_id, participants.c.id)
    )


def _gap_ms() -> ColumnElement[int]:
    own = (gaps.c.meeting_id == participants.c.meeting_id, gaps.c.participant_id == participants.c.id)
    length = func.coalesce(func.sum(gaps.c.end_ms - gaps.c.start_ms), 0)
    return select(length).where(*own).scalar_subquery()


_CURRENT = _select()
"""made once, for it is asked for all the time"""


def _is(meeting_id: str, participant_id: str) -> Any:
    return and_(participants.c.meeting_id == meeting_id, participants.c.id == participant_id)


def _to_participant(row: Row[Any]) -> Participant:
    return Participant(
        meeting_id=row.meeting_id,
        id=row.id,
        name=row.name,
        received_ms=row.received_ms,
        until_ms=row.until_ms,
        speech_ms=row.speech_ms,
        transcribed_ms=row.transcribed_ms,
        present=row.open_streams > 0,
        not_transcribed_ms=row.speech_ms - row.transcribed_ms,
        gap_ms=row.gap_ms,
        silent_ms=row.silent_ms,
        waiting_ms=row.waiting_ms,
        unaccounted_ms=row.unaccounted_ms,
        told_name=row.told_name,
        version=row.version,
        merged_into=row.merged_into,
    )
