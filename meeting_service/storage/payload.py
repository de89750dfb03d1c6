"""Stored events to JSON and back: what was told can be told again exactly."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from meeting_service.events import (
    BookmarkChanged,
    BookmarkDeleted,
    GapRecorded,
    MeetingChanged,
    MeetingRestored,
    ParticipantChanged,
    ParticipantDeleted,
    RevisionChanged,
    SentenceCorrected,
    SentenceFinalized,
    SpeechGivenUp,
    StoredEventKind,
)
from meeting_service.meeting import Meeting, MeetingState, Participant
from meeting_service.transcript import (
    Bookmark,
    Revision,
    RevisionState,
    Sentence,
    TranscriptGap,
    Untranscribed,
    Word,
)

Payload = dict[str, Any]


def event_to_payload(event: StoredEventKind) -> tuple[str, Payload]:
    """The event's kind and what is needed to rebuild it, given the meeting's id and the number."""
    match event:
        case SentenceFinalized(sentence):
            return "sentence", _from_sentence(sentence)
        case ParticipantChanged(participant):
            return "participant", _from_participant(participant)
        case ParticipantDeleted():
            return "participant_deleted", {}
        case MeetingRestored(after):
            return "restored", {"after": after}
        case GapRecorded(gap):
            return "gap", asdict(gap)
        case SpeechGivenUp(stretch):
            return "not_transcribed", asdict(stretch)
        case SentenceCorrected() | BookmarkChanged() | BookmarkDeleted():
            return _from_edit(event)
        case MeetingChanged(meeting):
            return "meeting", _from_meeting(meeting)
        case RevisionChanged(revision):
            return "revision", _from_revision(revision)


def _from_edit(event: SentenceCorrected | BookmarkChanged | BookmarkDeleted) -> tuple[str, Payload]:
    match event:
        case SentenceCorrected(sentence, revision):
            beside = {"revision": revision, "seq": sentence.seq, "version": sentence.version}
            return "correction", _from_sentence(sentence) | beside
        case BookmarkChanged(bookmark):
            return "bookmark", _from_bookmark(bookmark)
        case BookmarkDeleted(bookmark_id):
            return "bookmark_deleted", {"id": bookmark_id}


def payload_to_event(meeting_id: str, seq: int, kind: str, payload: Payload) -> StoredEventKind:
    """The event as it was told."""
    rebuild: dict[str, Callable[[], StoredEventKind]] = {
        "sentence": lambda: SentenceFinalized(_to_sentence(seq, payload)),
        "correction": lambda: _to_correction(payload),
        "participant": lambda: ParticipantChanged(Participant(meeting_id=meeting_id, **payload)),
        "participant_deleted": ParticipantDeleted,
        "restored": lambda: MeetingRestored(**payload),
        "gap": lambda: GapRecorded(TranscriptGap(**payload)),
        "not_transcribed": lambda: SpeechGivenUp(Untranscribed(**payload)),
        "bookmark": lambda: BookmarkChanged(_to_bookmark(payload)),
        "bookmark_deleted": lambda: BookmarkDeleted(**payload),
        "meeting": lambda: MeetingChanged(_to_meeting(meeting_id, payload)),
        "revision": lambda: RevisionChanged(_to_revision(payload)),
    }
    return rebuild[kind]()


def words_to_json(words: Sequence[Word]) -> list[list[Any]]:
    """`[text, start_ms, end_ms, confidence]` for each word."""
    return [[w.text, w.start_ms, w.end_ms, w.confidence] for w in words]


def json_to_words(rows: Sequence[Sequence[Any]]) -> tuple[Word, ...]:
    """The words again."""
    return tuple(Word(*row) for row in rows)


def _from_sentence(sentence: Sentence) -> Payload:
    return {
        "id": sentence.id,
        "participant_id": sentence.participant_id,
        "start_ms": sentence.start_ms,
        "end_ms": sentence.end_ms,
        "text": sentence.text,
        "confidence": sentence.confidence,
        "words": words_to_json(sentence.words),
        "edited": sentence.edited,
    }


def _to_sentence(seq: int, payload: Payload) -> Sentence:
    return Sentence(**{**payload, "words": json_to_words(payload["words"]), "seq": seq})


def _to_correction(payload: Payload) -> SentenceCorrected:
    own = {name: value for name, value in payload.items() if name != "revision"}
    return SentenceCorrected(_to_sentence(payload["seq"], own), payload["revision"])


def _from_bookmark(bookmark: Bookmark) -> Payload:
    return {**asdict(bookmark), "created_at": bookmark.created_at.isoformat()}


def _to_bookmark(payload: Payload) -> Bookmark:
    return Bookmark(**{**payload, "created_at": datetime.fromisoformat(payload["created_at"])})


def _from_participant(participant: Participant) -> Payload:
    return {
        "id": participant.id,
        "name": participant.name,
        "received_ms": participant.received_ms,
        "speech_ms": participant.speech_ms,
        "transcribed_ms": participant.transcribed_ms,
        "present": participant.present,
        "not_transcribed_ms": participant.not_transcribed_ms,
        "gap_ms": participant.gap_ms,
        "silent_ms": participant.silent_ms,
        "waiting_ms": participant.waiting_ms,
        "unaccounted_ms": participant.unaccounted_ms,
        "until_ms": participant.until_ms,
    }


def _from_meeting(meeting: Meeting) -> Payload:
    return {
        "title": meeting.title,
        "state": meeting.state,
        "started_at": meeting.started_at.isoformat(),
        "ended_at": _from_time(meeting.ended_at),
        "language": meeting.language,
        "vocabulary": list(meeting.vocabulary),
        "model": meeting.model,
        "audio_days": meeting.audio_days,
        "transcripts_days": meeting.transcripts_days,
        "kept_from": _from_time(meeting.kept_from),
        "audio_removed_at": _from_time(meeting.audio_removed_at),
    }


def _to_meeting(meeting_id: str, payload: Payload) -> Meeting:
    return Meeting(
        id=meeting_id,
        title=payload["title"],
        state=MeetingState(payload["state"]),
        started_at=datetime.fromisoformat(payload["started_at"]),
        ended_at=_to_time(payload["ended_at"]),
        language=payload["language"],
        vocabulary=tuple(payload["vocabulary"]),
        model=payload.get("model"),
        audio_days=payload.get("audio_days"),
        transcripts_days=payload.get("transcripts_days"),
        kept_from=_to_time(payload.get("kept_from")),
        audio_removed_at=_to_time(payload.get("audio_removed_at")),
    )


def _from_revision(revision: Revision) -> Payload:
    return {
        "number": revision.number,
        "model": revision.model,
        "vocabulary": list(revision.vocabulary),
        "state": revision.state,
        "created_at": revision.created_at.isoformat(),
        "finished_at": _from_time(revision.finished_at),
        "progress": revision.progress,
        "detail": revision.detail,
        "edited": revision.edited,
    }


def _to_revision(payload: Payload) -> Revision:
    return Revision(
        number=payload["number"],
        model=payload["model"],
        vocabulary=tuple(payload["vocabulary"]),
        state=RevisionState(payload["state"]),
        created_at=datetime.fromisoformat(payload["created_at"]),
        finished_at=_to_time(payload["finished_at"]),
        progress=payload["progress"],
        detail=payload["detail"],
        edited=payload.get("edited", 0),
    )


def _from_time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _to_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
