"""What answers look like in JSON; `/openapi.json` is made of these. Times are ms from the meeting's start."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from meeting_service import meeting as meetings
from meeting_service import sessions
from meeting_service import transcript as transcripts
from meeting_service.condition import Condition
from meeting_service.meeting import MeetingState
from meeting_service.retention import Retention
from meeting_service.transcript import RevisionState


def time_to_text(at: datetime) -> str:
    """RFC 3339 in UTC, with Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


UtcTime = Annotated[
    datetime,
    PlainSerializer(time_to_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Shape(BaseModel):
    """A JSON object of the interface."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Stretch(Shape):
    """From when to when."""

    start_ms: int
    end_ms: int


class Participant(Shape):
    """A person in a meeting."""

    id: str
    name: str
    present: bool
    """whether a stream of theirs is open"""
    received_ms: int
    """audio held, gaps included"""
    speech_ms: int
    """of it, found to be speech"""
    transcribed_ms: int
    """of the speech, whose text is final"""
    not_transcribed_ms: int
    """of the speech, without text, for it could not be recognised"""
    gap_ms: int
    """of what was received, declared missing; it is heard as silence"""
    silent_ms: int
    """of what was received, heard and found to be no speech: with `speech_ms` and `waiting_ms` all of it"""
    waiting_ms: int
    """of what was received, not heard to its end yet"""
    unaccounted_ms: int
    """audio or speech of which nobody knows what became; above 0 is an error of the service"""
    version: int
    """grows when the name is changed, or who they are the same person as"""
    merged_into: str | None
    """the id of the person they are shown as; null for a person of their own"""
    aliases: list[str]
    """ids of others that are this person, whose figures and text are theirs"""


class ParticipantWithGaps(Participant):
    """A person in a meeting, with the stretches of their audio that never came."""

    gaps: list[Stretch]


class ParticipantDeleted(Shape):
    """Event `participant_deleted`: somebody was deleted with all that was theirs. Read the meeting again."""


class Restored(Shape):
    """Event `restored`: a backup was put back. Forget what was told with an id greater than `after`."""

    after: int


class Meeting(Shape):
    """A meeting."""

    id: str
    title: str
    state: MeetingState
    started_at: UtcTime
    ended_at: UtcTime | None
    language: str | None
    vocabulary: list[str]
    model: str | None
    """recognises while the meeting is live; null where it is not known"""
    audio_removed_at: UtcTime | None = None
    """since when its audio is not kept any more"""


class MeetingWithParticipants(Meeting):
    """A meeting and who is in it."""

    audio_kept_until: UtcTime | None
    """when its audio is to be removed; null while its text is not final, and where it is kept for ever"""
    transcript_kept_until: UtcTime | None
    """likewise all of it"""
    participants: list[ParticipantWithGaps]


class MeetingList(Shape):
    """A page of meetings, newest first."""

    meetings: list[Meeting]
    next_cursor: str | None
    """asks for the next page; null on the last one"""


class Word(Stretch):
    """One word of a sentence, punctuation included."""

    text: str
    confidence: float


class Sentence(Stretch):
    """A final sentence; also event `sentence`. It never changes by itself."""

    id: str
    seq: int
    participant_id: str
    participant: str
    """display name"""
    text: str
    confidence: float
    words: list[Word]
    edited: bool
    """whether somebody corrected it: `text` is not what was recognised"""
    version: int
    """0 until it is corrected, then one more with each change"""
    overlaps: bool
    """whether another participant speaks during it"""


class ToldSentence(Sentence):
    """Event `sentence`: one that is final; or with another `version` than 0, one that was told before and
    was corrected, or is as it was recognised again."""

    revision: int
    """whose it is; one that was told live is of the first"""


class SentenceVersion(Shape):
    """A text that a sentence has or had."""

    version: int
    """0: as it was recognised"""
    text: str
    written_at: UtcTime | None
    """null for what was recognised"""


class SentenceHistory(Shape):
    """A sentence as it is shown, and what it was."""

    id: str
    revision: int
    current: bool
    """whether that is the current revision"""
    current_id: str | None
    """the sentence of the current revision that shows the same, for the same was recognised there; null: the
    current text has something else in its place"""
    participant_id: str
    participant: str
    """display name"""
    start_ms: int
    end_ms: int
    text: str
    words: list[Word]
    edited: bool
    version: int
    original: str
    """as it was recognised"""
    history: list[SentenceVersion]
    """the newest first; of more than 50 corrections the latest"""


class Bookmark(Shape):
    """A moment of a meeting that somebody marked; also event `bookmark`."""

    id: int
    at_ms: int
    note: str
    """possibly empty, possibly of several lines"""
    created_at: UtcTime
    version: int
    """grows with every change"""


class BookmarkDeleted(Shape):
    """Event `bookmark_deleted`: a mark is no more."""

    id: int


class BookmarkList(Shape):
    """The bookmarks of a meeting, by time."""

    bookmarks: list[Bookmark]


class DraftEvent(Stretch):
    """Event `draft`: what a participant seems to be saying now; empty text takes it back."""

    participant_id: str
    text: str


class Alive(Shape):
    """Nothing but that the connection still works."""


class Service(Shape):
    """Event `service`: trouble that concerns every meeting; `ready` when it is over."""

    state: Condition


class Behind(Shape):
    """Event `behind`: the meeting's text lags, for there is more to recognise than can be; or no longer."""

    behind_ms: int
    """how much later than usual its oldest text is that is not final; 0 when it has caught up"""


class ParticipantActivity(Shape):
    """How it is with a participant this moment."""

    participant_id: str
    level: int
    """0 to 5: how loud what they send is, by its peak: from -50 dB of full scale on, and each 10 dB more"""
    behind_ms: int
    """how much later than usual their text is"""
    reconnecting: bool
    """whether they are expected back: less than two minutes ago the connection that last sent their audio
    broke, stood still in the middle of a request or went down with the service, and no other has sent or was
    welcomed since"""


class Activity(Shape):
    """Event `activity`: how it is this moment with those of whom anything differs from what was told before;
    at the beginning of a stream everything is 0 and false."""

    participants: list[ParticipantActivity]


class Restarting(Shape):
    """Event `restarting`: the service goes down, and this stream with it; reconnect with `Last-Event-ID`."""


class Gap(Stretch):
    """Audio of a participant that never came; also event `gap`."""

    participant_id: str


class NotTranscribed(Stretch):
    """Speech that has no text, for it could not be recognised; also event `not_transcribed`."""

    participant_id: str
    participant: str
    """display name"""


class Transcript(Shape):
    """All final text of a meeting."""

    meeting: Meeting
    revision: int
    """the number of the one that this is"""
    participants: list[Participant]
    sentences: list[Sentence]
    not_transcribed: list[NotTranscribed]
    """by start, then participant; what touches is one"""
    gaps: list[Gap]
    bookmarks: list[Bookmark]
    """by time"""


class Revision(Shape):
    """One text of a meeting: the first is made while it is live, later ones of the kept audio; also event
    `revision`. The newest that is done is the current one."""

    number: int
    """1, 2, …; never used again"""
    model: str | None
    """null where it is not known"""
    vocabulary: list[str]
    state: RevisionState
    """`deleted` in events only"""
    created_at: UtcTime
    finished_at: UtcTime | None
    progress: float
    """share of the audio whose text is final, 0 to 1"""
    detail: str | None
    """why it failed"""
    edited: int
    """how many of its sentences are corrected"""


class RevisionList(Shape):
    """All revisions of a meeting, the newest first."""

    current: int
    """the one that is shown where nobody asks for another"""
    revisions: list[Revision]


class ModelList(Shape):
    """The models that are loaded."""

    default: str
    """recognises meetings that choose none"""
    models: list[str]
    """names, the default first"""


class Through(Shape):
    """How much audio of a stream is durable."""

    through: int
    """samples held, gaps included"""
    through_ms: int


class SnippetPart(Shape):
    """A piece of a sentence that was found; together they are the sentence."""

    text: str
    match: bool
    """whether it is what was looked for"""


class SearchHit(Stretch):
    """A sentence that was found."""

    meeting_id: str
    title: str
    """of the meeting"""
    started_at: UtcTime
    """of the meeting"""
    sentence_id: str
    participant_id: str
    participant: str
    """display name"""
    snippet: list[SnippetPart]


class SearchResult(Shape):
    """A page of hits."""

    hits: list[SearchHit]
    next_cursor: str | None
    """asks for the next page; null on the last one"""


class Problem(Shape):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    """stable; for programs"""
    current: dict[str, str | int | bool] | None = None
    """with `outdated`: what is there now, with its `version`"""


class Health(Shape):
    """The process answers."""

    status: Literal["ok"]
    version: str


class Readiness(Shape):
    """Whether audio would be recognised now."""

    ready: bool
    state: Condition
    model: bool
    database: bool
    worker: bool
    detail: str


def meeting_to_shape(meeting: meetings.Meeting) -> Meeting:
    """As lists and events show it."""
    return Meeting.model_validate(meeting, from_attributes=True)


def meeting_to_detail(
    meeting: meetings.Meeting,
    participants: Sequence[meetings.Participant],
    gaps: Sequence[transcripts.TranscriptGap],
    retention: Retention,
) -> MeetingWithParticipants:
    """As it is shown alone."""
    return MeetingWithParticipants(
        **meeting_to_shape(meeting).model_dump(),
        audio_kept_until=None if meeting.audio_removed_at else retention.audio_until(meeting),
        transcript_kept_until=retention.transcript_until(meeting),
        participants=[participant_to_detail(participant, gaps) for participant in participants],
    )


def participant_to_detail(
    participant: meetings.Participant, gaps: Sequence[transcripts.TranscriptGap]
) -> ParticipantWithGaps:
    """As a person is shown alone; `gaps` may hold others' too."""
    ids = {participant.id, *participant.aliases}
    own = [stretch(gap) for gap in gaps if gap.participant_id in ids]
    return ParticipantWithGaps(**participant_to_shape(participant).model_dump(), gaps=own)


def stretch(gap: transcripts.TranscriptGap) -> Stretch:
    """A gap under its participant."""
    return Stretch(start_ms=gap.start_ms, end_ms=gap.end_ms)


def participant_to_shape(participant: meetings.Participant) -> Participant:
    """As transcripts and events show a person."""
    own = {field: getattr(participant, field) for field in Participant.model_fields}
    return Participant.model_validate({**own, "aliases": list(participant.aliases)})


def sentence_to_shape(sentence: transcripts.Sentence, name: str, *, overlaps: bool) -> Sentence:
    """As transcripts and events show a sentence."""
    beside = {"participant": name, "overlaps": overlaps}
    own = {field: getattr(sentence, field) for field in Sentence.model_fields if field not in beside}
    return Sentence.model_validate(own | beside, from_attributes=True)


def sentence_to_event(
    sentence: transcripts.Sentence, name: str, revision: int, *, overlaps: bool
) -> ToldSentence:
    """As the event stream tells a sentence."""
    shape = sentence_to_shape(sentence, name, overlaps=overlaps)
    return ToldSentence(**dict(shape), revision=revision)


def history_to_shape(
    history: transcripts.SentenceHistory, people: Sequence[meetings.Participant]
) -> SentenceHistory:
    """As a sentence is shown alone, said by one of `people`."""
    sentence = history.sentence
    own = {sentence.participant_id}
    who = next((p for p in people if p.id in own or own & {*p.aliases}), None)
    beside = {
        "revision": history.revision,
        "current": history.current_id == sentence.id,
        "current_id": history.current_id,
        "participant_id": who.id if who else sentence.participant_id,
        "participant": who.name if who else sentence.participant_id,
        "original": history.versions[-1].text,
        "history": history.versions,
    }
    fields = {name: getattr(sentence, name) for name in SentenceHistory.model_fields if name not in beside}
    return SentenceHistory.model_validate(fields | beside, from_attributes=True)


def bookmark_to_shape(bookmark: transcripts.Bookmark) -> Bookmark:
    """As lists and events show a bookmark."""
    return Bookmark.model_validate(bookmark, from_attributes=True)


def activity_to_shape(people: Sequence[sessions.Activity]) -> Activity:
    """As the event stream tells it."""
    told = [ParticipantActivity.model_validate(one, from_attributes=True) for one in people]
    return Activity(participants=told)


def draft_to_event(draft: transcripts.Draft) -> DraftEvent:
    """As the event stream tells a draft."""
    return DraftEvent.model_validate(draft, from_attributes=True)


def gap_to_shape(gap: transcripts.TranscriptGap) -> Gap:
    """As transcripts and events show a gap."""
    return Gap.model_validate(gap, from_attributes=True)


def stretch_to_shape(stretch: transcripts.Untranscribed, name: str) -> NotTranscribed:
    """As transcripts and events show speech without text."""
    times = {"start_ms": stretch.start_ms, "end_ms": stretch.end_ms}
    return NotTranscribed(participant_id=stretch.participant_id, participant=name, **times)


def revision_to_shape(revision: transcripts.Revision) -> Revision:
    """As lists and events show a revision."""
    return Revision.model_validate(revision, from_attributes=True)
