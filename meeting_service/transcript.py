"""The words of a transcript: what is stored, shown and taken away. Times are ms from the meeting's start."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice

from meeting_service.meeting import Meeting, Participant


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a sentence, punctuation included."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """A final sentence of one participant."""

    id: str
    """the same audio always gives the same id"""
    participant_id: str
    start_ms: int
    end_ms: int
    text: str
    confidence: float
    words: Sequence[Word]
    seq: int = 0
    """its number among the meeting's stored events; 0 until stored"""
    edited: bool = False
    """whether it is shown with another text than was recognised"""
    version: int = 0
    """grows whenever somebody corrects it or takes that back"""


@dataclass(frozen=True, slots=True)
class SentenceVersion:
    """A text that a sentence has or had."""

    version: int
    """0: as it was recognised"""
    text: str
    written_at: datetime | None
    """UTC; None for what was recognised"""


@dataclass(frozen=True, slots=True)
class SentenceHistory:
    """A sentence as it is shown, and what it was."""

    sentence: Sentence
    revision: int
    versions: Sequence[SentenceVersion]
    """the newest first"""
    current_id: str | None
    """of the sentence of the current revision that shows the same, for the same was recognised there; None if
    there is none"""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A moment of a meeting that somebody marked."""

    id: int
    """never used again in the meeting"""
    at_ms: int
    note: str
    """possibly empty, possibly of several lines"""
    created_at: datetime
    """UTC"""
    version: int = 1
    """grows with every change"""


@dataclass(frozen=True, slots=True)
class Spoken:
    """When somebody says something, without what."""

    participant_id: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What a participant seems to be saying now; empty text takes a draft back."""

    participant_id: str
    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptGap:
    """Audio of a participant that never came."""

    participant_id: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Untranscribed:
    """Speech of a participant that has no text, for it could not be recognised."""

    participant_id: str
    start_ms: int
    end_ms: int


class RevisionState(StrEnum):
    """Where a revision is in its life."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DELETED = "deleted"
    """told in an event only"""


@dataclass(frozen=True, slots=True)
class Revision:
    """One text of a meeting: the first is made while it is live, later ones of the audio that was kept.

    The newest one that is done is the current one, which is shown where nobody asks for another.
    """

    number: int
    """1, 2, …; never used again"""
    model: str | None
    """by name; None where it is not known"""
    vocabulary: Sequence[str]
    state: RevisionState
    created_at: datetime
    finished_at: datetime | None = None
    progress: float = 0.0
    """share of the audio whose text is final, 0 to 1"""
    detail: str | None = None
    """why it failed"""
    edited: int = 0
    """how many of its sentences are corrected"""


FIRST_REVISION = 1


@dataclass(frozen=True, slots=True)
class Transcript:
    """A meeting's whole text, in the order it is read: start time, then participant."""

    meeting: Meeting
    participants: Sequence[Participant]
    sentences: Sequence[Sentence]
    gaps: Sequence[TranscriptGap] = field(default=())
    revision: int = FIRST_REVISION
    """the number of the one that this is"""
    not_transcribed: Sequence[Untranscribed] = field(default=())
    """by start, then participant; what touches is one"""
    bookmarks: Sequence[Bookmark] = field(default=())
    """by time"""

    def name_of(self, participant_id: str) -> str:
        """The display name, or the id of someone unknown."""
        return next((p.name for p in self.participants if p.id == participant_id), participant_id)


def reading_order(sentence: Sentence) -> tuple[int, str, int, str]:
    """The sort key of the one order everybody sees, whatever order sentences arrived in."""
    return (sentence.start_ms, sentence.participant_id, sentence.end_ms, sentence.id)


def find_overlaps(sentences: Sequence[Sentence]) -> set[str]:
    """The ids of sentences during which another participant's sentence is spoken too."""
    overlapping: set[str] = set()
    open_sentences: list[Sentence] = []
    for sentence in sorted(sentences, key=reading_order):
        open_sentences = [s for s in open_sentences if s.end_ms > sentence.start_ms]
        others = [s for s in open_sentences if s.participant_id != sentence.participant_id]
        if others:
            overlapping.add(sentence.id)
            overlapping.update(s.id for s in others)
        open_sentences.append(sentence)
    return overlapping


class OverlapFinder:
    """Tells of one sentence after another whether somebody else speaks during it, as far as is known."""

    def __init__(self, spoken: Iterable[Spoken] = ()) -> None:
        self._spoken = sorted(spoken, key=_start)
        self._longest_ms = max((s.end_ms - s.start_ms for s in self._spoken), default=0)

    def add(self, spoken: Spoken | Sentence) -> None:
        """Know of one more; knowing it twice does no harm."""
        self._longest_ms = max(self._longest_ms, spoken.end_ms - spoken.start_ms)
        insort(self._spoken, Spoken(spoken.participant_id, spoken.start_ms, spoken.end_ms), key=_start)

    def overlaps(self, sentence: Sentence) -> bool:
        """Whether it shares time with another participant's."""
        first = bisect_left(self._spoken, sentence.start_ms - self._longest_ms, key=_start)
        for other in islice(self._spoken, first, None):
            if other.start_ms >= sentence.end_ms:
                break
            if other.participant_id != sentence.participant_id and other.end_ms > sentence.start_ms:
                return True
        return False


def _start(spoken: Spoken) -> int:
    return spoken.start_ms
