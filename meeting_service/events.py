"""What happened in a meeting, as watchers learn it. All but drafts and progress are stored."""

from dataclasses import dataclass

from meeting_service.condition import Condition
from meeting_service.meeting import Meeting, Participant
from meeting_service.transcript import Bookmark, Draft, Revision, Sentence, TranscriptGap, Untranscribed


@dataclass(frozen=True, slots=True)
class SentenceFinalized:
    """A sentence is final and in the database."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class SentenceCorrected:
    """Somebody corrected a sentence, or took that back; this is how it is shown from now on."""

    sentence: Sentence
    revision: int
    """whose it is"""


@dataclass(frozen=True, slots=True)
class DraftChanged:
    """A participant's draft is now this; the next one replaces it. Never stored."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class ParticipantChanged:
    """A participant joined, left, came back, was renamed, or is one person with another, or no longer."""

    participant: Participant


@dataclass(frozen=True, slots=True)
class ParticipantDeleted:
    """A participant and all that was theirs was deleted. Who it was is not told: that would keep it."""


@dataclass(frozen=True, slots=True)
class MeetingRestored:
    """A backup was put back: what was told after it was taken has not happened, and may happen otherwise."""

    after: int
    """the number of the last event that is in the backup; up to here nothing has changed"""


@dataclass(frozen=True, slots=True)
class GapRecorded:
    """A stretch of a participant's audio will never come."""

    gap: TranscriptGap


@dataclass(frozen=True, slots=True)
class SpeechGivenUp:
    """A stretch of speech has no text and will have none in this revision."""

    stretch: Untranscribed


@dataclass(frozen=True, slots=True)
class BookmarkChanged:
    """A moment was marked, or the mark was changed."""

    bookmark: Bookmark


@dataclass(frozen=True, slots=True)
class BookmarkDeleted:
    """A mark is no more. What it was is not told: that would keep it."""

    id: int


@dataclass(frozen=True, slots=True)
class MeetingChanged:
    """A meeting was created, renamed, is ending or has ended."""

    meeting: Meeting


@dataclass(frozen=True, slots=True)
class RevisionChanged:
    """A revision was begun, is done, failed or was deleted; one that is done may be the current one now."""

    revision: Revision


@dataclass(frozen=True, slots=True)
class RevisionAdvanced:
    """A running revision has come this far; the next one replaces it. Never stored."""

    revision: Revision


@dataclass(frozen=True, slots=True)
class FellBehind:
    """A meeting's text lags, for there is more to recognise than can be, or has caught up. Never stored."""

    behind_ms: int
    """how much later than usual its oldest text is that is not final; 0 when it has caught up"""


@dataclass(frozen=True, slots=True)
class ConditionChanged:
    """The service has trouble that concerns every meeting, or (`READY`) has none any more. Never stored."""

    condition: Condition


StoredEventKind = (
    SentenceFinalized
    | SentenceCorrected
    | SpeechGivenUp
    | ParticipantChanged
    | ParticipantDeleted
    | MeetingRestored
    | GapRecorded
    | BookmarkChanged
    | BookmarkDeleted
    | MeetingChanged
    | RevisionChanged
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its number in the meeting: 1, 2, 3, …, without holes but where something was deleted.

    Where a backup was restored numbers leap, so that none is given twice.
    """

    meeting_id: str
    seq: int
    event: StoredEventKind


MeetingEvent = StoredEvent | ConditionChanged | DraftChanged | FellBehind | RevisionAdvanced
