"""The words for meetings and the people in them. A meeting is the durable record, a session its live run."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class MeetingState(StrEnum):
    """Where a meeting is in its life."""

    LIVE = "live"
    ENDING = "ending"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting as it is kept."""

    id: str
    title: str
    state: MeetingState
    started_at: datetime
    """UTC; zero of every offset in the meeting"""
    ended_at: datetime | None = None
    language: str | None = None
    vocabulary: Sequence[str] = ()
    model: str | None = None
    """by name, recognises while the meeting is live; None for a meeting from before there was a choice"""
    audio_days: float | None = None
    """its audio is kept no longer than this after `kept_from`; None: as long as the settings say"""
    transcripts_days: float | None = None
    """likewise all of it"""
    kept_from: datetime | None = None
    """UTC; when all its text was final; None while it is not"""
    audio_removed_at: datetime | None = None
    """UTC; None while its audio is kept"""


@dataclass(frozen=True, slots=True)
class NewMeeting:
    """What a caller may choose about a new meeting."""

    id: str | None = None
    title: str | None = None
    language: str | None = None
    vocabulary: Sequence[str] = ()
    started_at: datetime | None = None
    model: str | None = None
    audio_days: float | None = None
    transcripts_days: float | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in a meeting, with what became of their audio; `id` is the caller's own."""

    meeting_id: str
    id: str
    name: str
    received_ms: int = 0
    """audio held, gaps included"""
    speech_ms: int = 0
    """of it, found to be speech"""
    transcribed_ms: int = 0
    """of the speech, whose text is final"""
    present: bool = False
    """whether a stream of theirs is open"""
    not_transcribed_ms: int = 0
    """of the speech, without text, for it could not be recognised"""
    gap_ms: int = 0
    """of what was received, declared missing; it is heard as silence"""
    silent_ms: int = 0
    """of what was received, heard and found to be no speech"""
    waiting_ms: int = 0
    """of what was received, not heard to its end yet"""
    unaccounted_ms: int = 0
    """audio or speech of finished streams of which nobody knows what became; an error"""
    told_name: str | None = None
    """what their senders call them; `name` is another where somebody gave one by hand"""
    version: int = 0
    """grows with every change by hand"""
    merged_into: str | None = None
    """the id of who this is the same person as"""
    aliases: Sequence[str] = ()
    """ids of others that are the same person, whose figures are in these"""
    until_ms: int = 0
    """offset of the meeting at which the last of their audio ends"""


_FIGURES = (
    *("received_ms", "speech_ms", "transcribed_ms", "not_transcribed_ms"),
    *("gap_ms", "silent_ms", "waiting_ms", "unaccounted_ms"),
)


def people_by_id(participants: Sequence[Participant]) -> dict[str, str]:
    """Under which id everybody is shown: their own, or that of the person they were merged into.

    Those who were merged in a circle are one person, shown as the one of them who came first.
    """
    merged = {p.id: p.merged_into for p in participants}
    order = {p.id: position for position, p in enumerate(participants)}
    found: dict[str, str] = {}
    for participant_id in merged:
        passed = list_merged_into(merged, participant_id)
        again = merged.get(passed[-1])
        circle = passed if again is None else passed[passed.index(again) :]
        found[participant_id] = passed[-1] if again is None else min(circle, key=order.__getitem__)
    return found


def list_merged_into(merged: Mapping[str, str | None], participant_id: str) -> list[str]:
    """An id and all those it was merged into, one after another; each once, also of a circle.

    Args:
        merged: whom each id was merged into.
        participant_id: where it begins.
    """
    passed = {participant_id: None}
    following = merged.get(participant_id)
    while following is not None and following not in passed:
        passed[following] = None
        following = merged.get(following)
    return list(passed)


def merge_people(participants: Sequence[Participant]) -> list[Participant]:
    """One for each person, in the order they came; what several ids of one did is added up."""
    shown = people_by_id(participants)
    return [
        _add_up(person, [p for p in participants if p.id != person.id and shown[p.id] == person.id])
        for person in participants
        if shown[person.id] == person.id
    ]


def _add_up(person: Participant, others: Sequence[Participant]) -> Participant:
    if not others:
        return person
    everyone = (person, *others)
    figures = {name: sum(getattr(p, name) for p in everyone) for name in _FIGURES}
    present = any(p.present for p in everyone)
    until_ms = max(p.until_ms for p in everyone)
    aliases = tuple(p.id for p in others)
    return replace(person, **figures, until_ms=until_ms, present=present, aliases=aliases)


def participant_to_fingerprint(meeting_id: str, participant_id: str) -> str:
    """Stands for a participant who was deleted: says of an id whether it was theirs, and not what it was."""
    return hashlib.sha256(f"{meeting_id}\0{participant_id}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Stream:
    """One uninterrupted run of a participant's audio; who drops and comes back has two."""

    id: int
    meeting_id: str
    participant_id: str
    rate_hz: int
    anchor_ms: int
    """meeting offset of the stream's first sample"""
    ended: bool = False
    """no more audio will come"""
    finished: bool = False
    """all its text is final"""
    repeats: int | None = None
    """id of an earlier stream that this one may be again; see `sessions.repeats`"""

    def offset_ms(self, sample: int) -> int:
        """A position of the stream as an offset of the meeting."""
        return self.anchor_ms + sample * 1000 // self.rate_hz


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a stream's text is final. Recognition starts again from here after a restart."""

    stream_id: int
    resume: int = 0
    """16 kHz sample at which nothing is pending"""
    speech_samples: int = 0
    """16 kHz samples of speech found before `resume`"""
    transcribed_samples: int = 0
    """of them, those whose text is final"""
    given_up: Sequence[int] = ()
    """16 kHz samples from `resume` on at which speech begins that has no text, as was told already"""

    @property
    def unrecognised_samples(self) -> int:
        """Of them, those without text, for they could not be recognised."""
        return self.speech_samples - self.transcribed_samples
