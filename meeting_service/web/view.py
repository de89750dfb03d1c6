"""What the pages show, made of domain types: people with colours, turns of talk, gaps.

The page's own `turns.js` groups what comes live by the same rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from meeting_service.condition import Condition
from meeting_service.exports.marks import Said
from meeting_service.exports.turns import list_turns
from meeting_service.meeting import Meeting, MeetingState, Participant
from meeting_service.transcript import Transcript, TranscriptGap, Untranscribed, find_overlaps

_TROUBLES = {
    Condition.STORAGE_FULL: "Disk full: no audio is taken",
    Condition.STORAGE_FAILING: "Disk fails: no audio is taken",
    Condition.RECOGNISER_DOWN: "Recogniser restarts: text comes later",
}
COLOURS = 12
"""how many speakers can be told apart by colour before it repeats"""


@dataclass(frozen=True, slots=True)
class SpeakerRow:
    """A person, as every mention of them looks."""

    id: str
    name: str
    initials: str
    colour: int
    """0 to 11, by the order people came"""
    present: bool
    speech_ms: int


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """A sentence inside a turn."""

    id: str
    start_ms: int
    end_ms: int
    text: str
    overlaps: bool


@dataclass(frozen=True, slots=True)
class StretchRow:
    """Speech without text inside a turn."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class TurnRow:
    """What one person says before somebody else does."""

    speaker: SpeakerRow
    items: Sequence[SentenceRow | StretchRow]

    @property
    def start_ms(self) -> int:
        """When it begins."""
        return self.items[0].start_ms

    @property
    def anchor(self) -> str | None:
        """The id of the first sentence, for links; None where no text is known."""
        return next((item.id for item in self.items if isinstance(item, SentenceRow)), None)

    @property
    def overlaps(self) -> bool:
        """Whether somebody else talks during any of it."""
        return any(isinstance(item, SentenceRow) and item.overlaps for item in self.items)


@dataclass(frozen=True, slots=True)
class GapRow:
    """A stretch without audio, between turns."""

    speaker: SpeakerRow
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the service as a whole."""

    state: str
    """as event `service` names it"""
    text: str


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting in the list."""

    id: str
    title: str
    state: MeetingState
    started_at: datetime
    length_ms: int
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class MeetingView:
    """A meeting's page."""

    meeting: MeetingRow
    speakers: Sequence[SpeakerRow]
    entries: Sequence[TurnRow | GapRow]
    after: int
    """the last event that is in it; live ones go on from there"""
    behind: str
    """how far the text lags, in words; empty if it does not"""


def meeting_to_row(meeting: Meeting, participants: Sequence[Participant], now: datetime) -> MeetingRow:
    """A meeting with its people, as of `now`."""
    length = (meeting.ended_at or now) - meeting.started_at
    return MeetingRow(
        id=meeting.id,
        title=meeting.title,
        state=meeting.state,
        started_at=meeting.started_at,
        length_ms=max(0, int(length.total_seconds() * 1000)),
        names=[participant.name for participant in participants],
    )


def transcript_to_view(transcript: Transcript, now: datetime, after: int, behind_ms: int = 0) -> MeetingView:
    """The whole page."""
    speakers = participants_to_speakers(transcript.participants)
    return MeetingView(
        meeting=meeting_to_row(transcript.meeting, transcript.participants, now),
        speakers=list(speakers.values()),
        entries=group_entries(transcript, speakers),
        after=after,
        behind=behind_to_text(behind_ms),
    )


def participants_to_speakers(participants: Sequence[Participant]) -> dict[str, SpeakerRow]:
    """People by id, in the order they came; the order gives the colour."""
    return {
        p.id: SpeakerRow(p.id, p.name, name_to_initials(p.name), index % COLOURS, p.present, p.speech_ms)
        for index, p in enumerate(participants)
    }


def group_entries(transcript: Transcript, speakers: dict[str, SpeakerRow]) -> list[TurnRow | GapRow]:
    """Sentences in reading order as turns, gaps where they fall."""
    overlapping = find_overlaps(transcript.sentences)
    entries: list[TurnRow | GapRow] = []
    for item in list_turns(transcript):
        speaker = speakers.get(item.participant_id) or _stranger(item.participant_id)
        if isinstance(item, TranscriptGap):
            entries.append(GapRow(speaker, item.start_ms, item.end_ms))
        else:
            entries.append(TurnRow(speaker, [_to_row(said, overlapping) for said in item.items]))
    return entries


def name_to_initials(name: str) -> str:
    """At most two letters that stand for a name."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper()[:2] or "?"


def ms_to_clock(ms: int) -> str:
    """m:ss, or h:mm:ss from the first hour on."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def behind_to_text(ms: int) -> str:
    """How far text lags, in seconds, or minutes from the second one on; nothing if it does not."""
    seconds = (ms + 500) // 1000
    if not seconds:
        return ""
    amount = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
    return f"Catching up, {amount} behind"


def condition_to_trouble(condition: Condition) -> Trouble | None:
    """In words; None for what does not concern every meeting."""
    text = _TROUBLES.get(condition)
    return Trouble(condition, text) if text else None


def _to_row(said: Said, overlapping: set[str]) -> SentenceRow | StretchRow:
    if isinstance(said, Untranscribed):
        return StretchRow(said.start_ms, said.end_ms)
    return SentenceRow(said.id, said.start_ms, said.end_ms, said.text, said.id in overlapping)


def _stranger(participant_id: str) -> SpeakerRow:
    return SpeakerRow(participant_id, participant_id, name_to_initials(participant_id), 0, False, 0)
