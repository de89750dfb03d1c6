"""What the pages show, made of domain types: people with colours, turns of talk, gaps.

The page's own `turns.js` groups what comes live by the same rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from meeting_service.condition import TROUBLES, Condition
from meeting_service.exports.marks import Said
from meeting_service.exports.turns import list_turns
from meeting_service.meeting import Meeting, MeetingState, Participant
from meeting_service.transcript import Bookmark, Transcript, TranscriptGap, Untranscribed, find_overlaps
from meeting_service.web.words import Words

COLOURS = 12
"""how many speakers can be told apart by colour before it repeats"""
CAUGHT_UP_MS = 1_000
"""of audio that waits while somebody speaks, all the same"""
SHOWN_WAITING_MS = 5_000
"""less is on its way at any time"""
_FIGURES = (
    *("received_ms", "speech_ms", "transcribed_ms", "not_transcribed_ms"),
    *("waiting_ms", "gap_ms", "unaccounted_ms"),
)


@dataclass(frozen=True, slots=True)
class SpeakerRow:
    """A person, as every mention of them looks."""

    id: str
    name: str
    initials: str
    colour: int
    """0 to 11, by the order people came"""
    present: bool
    figures: Mapping[str, int]
    """what became of their audio, for the page's script"""
    share: int
    """of all that was spoken, in percent"""
    aliases: Sequence[str] = ()
    """ids of others that are this person"""
    version: int = 0
    """what a change of their name says it is of"""

    @property
    def speech_ms(self) -> int:
        """How long they spoke."""
        return self.figures["speech_ms"]

    def account(self, words: Words, *, spoken: bool = True) -> str:
        """What became of their audio, in words."""
        return figures_to_account(self.figures, words, spoken=spoken)

    @property
    def lost(self) -> bool:
        """Whether some of it never came or has no text."""
        return bool(self.figures["not_transcribed_ms"] or self.figures["gap_ms"])

    def unaccounted(self, words: Words) -> str:
        """The warning where some of it is not accounted for, else empty."""
        lost_ms = self.figures["unaccounted_ms"]
        return words("meeting.unaccounted", time=_amount(lost_ms, words)) if lost_ms else ""


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """A sentence inside a turn."""

    id: str
    start_ms: int
    end_ms: int
    text: str
    overlaps: bool
    edited: bool
    """whether somebody corrected it"""
    version: int
    """what a correction of it says it is of"""


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
class MeetingRow:
    """A meeting in the list."""

    id: str
    title: str
    state: MeetingState
    started_at: datetime
    length_ms: int
    """of what can be heard once it is over; of the time it takes before, or if nobody was heard"""
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class MeetingView:
    """A meeting's page."""

    meeting: MeetingRow
    speakers: Sequence[SpeakerRow]
    entries: Sequence[TurnRow | GapRow]
    after: int
    """the last event that is in it; live ones go on from there"""
    behind_ms: int
    """how far the text lags"""
    bookmarks: Sequence[Bookmark]
    """by time"""

    def behind(self, words: Words) -> str:
        """How far the text lags, in words; empty if it does not."""
        return behind_to_text(self.behind_ms, words)


def meeting_to_row(meeting: Meeting, participants: Sequence[Participant], now: datetime) -> MeetingRow:
    """A meeting with its people, as of `now`."""
    length = (meeting.ended_at or now) - meeting.started_at
    heard_ms = max((participant.until_ms for participant in participants), default=0)
    over = meeting.state is MeetingState.ENDED
    return MeetingRow(
        id=meeting.id,
        title=meeting.title,
        state=meeting.state,
        started_at=meeting.started_at,
        length_ms=(over and heard_ms) or max(0, int(length.total_seconds() * 1000)),
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
        behind_ms=behind_ms,
        bookmarks=transcript.bookmarks,
    )


def participants_to_speakers(participants: Sequence[Participant]) -> dict[str, SpeakerRow]:
    """People by id, in the order they came; the order gives the colour."""
    shares = speech_to_shares([p.speech_ms for p in participants])
    return {
        p.id: SpeakerRow(
            *(p.id, p.name, name_to_initials(p.name), index % COLOURS, p.present, _figures(p)),
            *(shares[index], p.aliases, p.version),
        )
        for index, p in enumerate(participants)
    }


def speech_to_shares(speech_ms: Sequence[int]) -> list[int]:
    """Each one's share of what all of them spoke, in percent; nothing where nobody did."""
    total = sum(speech_ms)
    return [(200 * spoken + total) // (2 * total) if total else 0 for spoken in speech_ms]


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


def figures_to_account(figures: Mapping[str, int], words: Words, *, spoken: bool = True) -> str:
    """One line: received, spoken unless that is told beside it, transcribed, missing; or empty."""
    if not figures["received_ms"]:
        return ""
    speech_ms, lost_ms, gap_ms = figures["speech_ms"], figures["not_transcribed_ms"], figures["gap_ms"]
    waiting_ms = figures["waiting_ms"]
    parts = [words("meeting.received", time=ms_to_clock(figures["received_ms"]))]
    parts += [words("meeting.spoken", time=ms_to_clock(speech_ms))] if speech_ms and spoken else []
    parts += [words("meeting.missing_text", time=_amount(lost_ms, words))] if lost_ms else []
    if waiting_ms >= SHOWN_WAITING_MS:
        parts.append(words("meeting.in_work", time=ms_to_clock(waiting_ms)))
    elif speech_ms and not lost_ms and waiting_ms < CAUGHT_UP_MS:
        parts.append(words("meeting.all_transcribed"))
    parts += [words("meeting.missing", time=_amount(gap_ms, words))] if gap_ms else []
    return ", ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def behind_to_text(ms: int, words: Words) -> str:
    """How far text lags, in seconds, or minutes from the second one on; nothing if it does not."""
    seconds = (ms + 500) // 1000
    if not seconds:
        return ""
    unit, amount = ("common.seconds", seconds) if seconds < 120 else ("common.minutes", seconds // 60)
    return words("health.behind", amount=words(unit, n=amount))


def condition_to_trouble(condition: Condition) -> Condition | None:
    """None for what does not concern every meeting."""
    return condition if condition in TROUBLES else None


def _to_row(said: Said, overlapping: set[str]) -> SentenceRow | StretchRow:
    if isinstance(said, Untranscribed):
        return StretchRow(said.start_ms, said.end_ms)
    overlaps = said.id in overlapping
    return SentenceRow(said.id, said.start_ms, said.end_ms, said.text, overlaps, said.edited, said.version)


def _stranger(participant_id: str) -> SpeakerRow:
    initials = name_to_initials(participant_id)
    return SpeakerRow(participant_id, participant_id, initials, 0, False, dict.fromkeys(_FIGURES, 0), 0)


def _figures(participant: Participant) -> dict[str, int]:
    return {name: getattr(participant, name) for name in _FIGURES}


def _amount(ms: int, words: Words) -> str:
    """Less than ten seconds to a tenth, rounded up: nothing that is there shows as nothing."""
    return words("common.seconds", n=f"{-(-ms // 100) / 10:.1f}") if ms < 10_000 else ms_to_clock(ms)
