"""The service's JSON as the types of the vocabulary; fields that are not known here are overlooked."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from meeting_service.events import (
    BookmarkChanged,
    BookmarkDeleted,
    DraftChanged,
    FellBehind,
    GapRecorded,
    MeetingChanged,
    MeetingEvent,
    MeetingRestored,
    ParticipantChanged,
    ParticipantDeleted,
    RevisionAdvanced,
    RevisionChanged,
    SentenceCorrected,
    SentenceFinalized,
    SpeechGivenUp,
    StoredEvent,
    StoredEventKind,
)
from meeting_service.meeting import Meeting, MeetingState, Participant
from meeting_service.transcript import (
    FIRST_REVISION,
    Bookmark,
    Draft,
    Revision,
    RevisionState,
    Sentence,
    Transcript,
    TranscriptGap,
    Untranscribed,
    Word,
)

Json = Mapping[str, Any]


def json_to_meeting(fields: Json) -> Meeting:
    """A meeting."""
    ended_at, removed_at = fields.get("ended_at"), fields.get("audio_removed_at")
    return Meeting(
        id=fields["id"],
        title=fields["title"],
        state=MeetingState(fields["state"]),
        started_at=_to_time(fields["started_at"]),
        ended_at=_to_time(ended_at) if ended_at else None,
        language=fields.get("language"),
        vocabulary=tuple(fields.get("vocabulary") or ()),
        model=fields.get("model"),
        audio_removed_at=_to_time(removed_at) if removed_at else None,
    )


def json_to_participant(meeting_id: str, fields: Json) -> Participant:
    """A person."""
    return Participant(
        meeting_id=meeting_id,
        id=fields["id"],
        name=fields["name"],
        received_ms=fields.get("received_ms", 0),
        speech_ms=fields.get("speech_ms", 0),
        transcribed_ms=fields.get("transcribed_ms", 0),
        present=fields.get("present", False),
        not_transcribed_ms=fields.get("not_transcribed_ms", 0),
        gap_ms=fields.get("gap_ms", 0),
        silent_ms=fields.get("silent_ms", 0),
        waiting_ms=fields.get("waiting_ms", 0),
        unaccounted_ms=fields.get("unaccounted_ms", 0),
        version=fields.get("version", 0),
        merged_into=fields.get("merged_into"),
        aliases=tuple(fields.get("aliases", ())),
    )


def json_to_sentence(fields: Json) -> Sentence:
    """A final sentence."""
    return Sentence(
        id=fields["id"],
        participant_id=fields["participant_id"],
        start_ms=fields["start_ms"],
        end_ms=fields["end_ms"],
        text=fields["text"],
        confidence=fields["confidence"],
        words=tuple(_to_word(word) for word in fields["words"]),
        seq=fields["seq"],
        edited=fields.get("edited", False),
        version=fields.get("version", 0),
    )


def json_to_bookmark(fields: Json) -> Bookmark:
    """A moment that somebody marked."""
    created_at = _to_time(fields["created_at"])
    return Bookmark(fields["id"], fields["at_ms"], fields["note"], created_at, fields["version"])


def json_to_transcript(fields: Json) -> Transcript:
    """A meeting's whole text."""
    meeting = json_to_meeting(fields["meeting"])
    return Transcript(
        meeting,
        [json_to_participant(meeting.id, item) for item in fields["participants"]],
        [json_to_sentence(item) for item in fields["sentences"]],
        [_to_gap(item) for item in fields["gaps"]],
        fields.get("revision", FIRST_REVISION),
        [_to_untranscribed(item) for item in fields.get("not_transcribed", ())],
        [json_to_bookmark(item) for item in fields.get("bookmarks", ())],
    )


def json_to_revision(fields: Json) -> Revision:
    """One text of a meeting."""
    finished_at = fields.get("finished_at")
    return Revision(
        number=fields["number"],
        model=fields["model"],
        vocabulary=tuple(fields["vocabulary"]),
        state=RevisionState(fields["state"]),
        created_at=_to_time(fields["created_at"]),
        finished_at=_to_time(finished_at) if finished_at else None,
        progress=fields["progress"],
        detail=fields.get("detail"),
        edited=fields.get("edited", 0),
    )


def json_to_event(meeting_id: str, kind: str, seq: int | None, fields: Json) -> MeetingEvent | None:
    """What the event stream told; None for a kind that is not known here."""
    if kind == "draft":
        return DraftChanged(
            Draft(fields["participant_id"], fields["start_ms"], fields["end_ms"], fields["text"])
        )
    if kind == "behind":
        return FellBehind(fields["behind_ms"])
    if kind == "revision" and seq is None:
        return RevisionAdvanced(json_to_revision(fields))
    stored = _to_stored(meeting_id, kind, fields)
    return StoredEvent(meeting_id, seq, stored) if stored and seq is not None else None


def _to_stored(meeting_id: str, kind: str, fields: Json) -> StoredEventKind | None:
    known: dict[str, Callable[[], StoredEventKind]] = {
        "sentence": lambda: _to_told(json_to_sentence(fields), fields.get("revision", FIRST_REVISION)),
        "not_transcribed": lambda: SpeechGivenUp(_to_untranscribed(fields)),
        "participant": lambda: ParticipantChanged(json_to_participant(meeting_id, fields)),
        "participant_deleted": ParticipantDeleted,
        "restored": lambda: MeetingRestored(fields["after"]),
        "gap": lambda: GapRecorded(_to_gap(fields)),
        "bookmark": lambda: BookmarkChanged(json_to_bookmark(fields)),
        "bookmark_deleted": lambda: BookmarkDeleted(fields["id"]),
        "meeting": lambda: MeetingChanged(json_to_meeting(fields)),
        "revision": lambda: RevisionChanged(json_to_revision(fields)),
    }
    return known[kind]() if kind in known else None


def _to_told(sentence: Sentence, revision: int) -> StoredEventKind:
    return SentenceCorrected(sentence, revision) if sentence.version else SentenceFinalized(sentence)


def _to_word(fields: Json) -> Word:
    return Word(fields["text"], fields["start_ms"], fields["end_ms"], fields["confidence"])


def _to_gap(fields: Json) -> TranscriptGap:
    return TranscriptGap(fields["participant_id"], fields["start_ms"], fields["end_ms"])


def _to_untranscribed(fields: Json) -> Untranscribed:
    return Untranscribed(fields["participant_id"], fields["start_ms"], fields["end_ms"])


def _to_time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
