"""JSON: everything that is known. The API answers with these objects too."""

import json
from datetime import UTC, datetime
from typing import Any

from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.meeting import Meeting, Participant
from meeting_service.transcript import (
    Bookmark,
    Sentence,
    Transcript,
    TranscriptGap,
    Untranscribed,
    Word,
    find_overlaps,
)

JsonObject = dict[str, Any]


def write_json(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """The transcript as a JSON object, a line for each sentence. Nothing is left out, options or not."""
    members = ",\n".join(f"{_dumps(key)}: {_one_a_line(v)}" for key, v in transcript_json(transcript).items())
    return f"{{\n{members}\n}}\n"


def transcript_json(transcript: Transcript) -> JsonObject:
    """A meeting's whole text; times are ms from its start."""
    overlaps = find_overlaps(transcript.sentences)
    names = {participant.id: participant.name for participant in transcript.participants}
    return {
        "meeting": meeting_json(transcript.meeting),
        "revision": transcript.revision,
        "participants": [participant_json(participant) for participant in transcript.participants],
        "sentences": [
            sentence_json(s, names.get(s.participant_id, s.participant_id), overlaps=s.id in overlaps)
            for s in transcript.sentences
        ],
        "not_transcribed": [
            stretch_json(s, names.get(s.participant_id, s.participant_id)) for s in transcript.not_transcribed
        ],
        "gaps": [gap_json(gap) for gap in transcript.gaps],
        "bookmarks": [bookmark_json(bookmark) for bookmark in transcript.bookmarks],
    }


def meeting_json(meeting: Meeting) -> JsonObject:
    """The meeting itself, without the people in it."""
    return {
        "id": meeting.id,
        "title": meeting.title,
        "state": meeting.state.value,
        "started_at": _moment(meeting.started_at),
        "ended_at": _moment(meeting.ended_at) if meeting.ended_at else None,
        "language": meeting.language,
        "vocabulary": list(meeting.vocabulary),
        "model": meeting.model,
    }


def participant_json(participant: Participant) -> JsonObject:
    """A person with what became of their audio."""
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
        "version": participant.version,
        "merged_into": participant.merged_into,
        "aliases": list(participant.aliases),
    }


def sentence_json(sentence: Sentence, participant: str, *, overlaps: bool) -> JsonObject:
    """A final sentence; `participant` is the name to show."""
    return {
        "id": sentence.id,
        "seq": sentence.seq,
        "participant_id": sentence.participant_id,
        "participant": participant,
        "start_ms": sentence.start_ms,
        "end_ms": sentence.end_ms,
        "text": sentence.text,
        "confidence": sentence.confidence,
        "words": [_word_json(word) for word in sentence.words],
        "edited": sentence.edited,
        "version": sentence.version,
        "overlaps": overlaps,
    }


def gap_json(gap: TranscriptGap) -> JsonObject:
    """Audio that never came."""
    return {"participant_id": gap.participant_id, "start_ms": gap.start_ms, "end_ms": gap.end_ms}


def bookmark_json(bookmark: Bookmark) -> JsonObject:
    """A moment that somebody marked."""
    return {
        "id": bookmark.id,
        "at_ms": bookmark.at_ms,
        "note": bookmark.note,
        "created_at": _moment(bookmark.created_at),
        "version": bookmark.version,
    }


def stretch_json(stretch: Untranscribed, participant: str) -> JsonObject:
    """Speech that has no text; `participant` is the name to show."""
    return {
        "participant_id": stretch.participant_id,
        "participant": participant,
        "start_ms": stretch.start_ms,
        "end_ms": stretch.end_ms,
    }


def _word_json(word: Word) -> JsonObject:
    return {
        "text": word.text,
        "start_ms": word.start_ms,
        "end_ms": word.end_ms,
        "confidence": word.confidence,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _one_a_line(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _dumps(value)
    items = ",\n".join(map(_dumps, value))
    return f"[\n{items}\n]"


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
