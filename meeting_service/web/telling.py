"""Stored events as watchers are told them: with the names, figures and overlaps of this moment.

People who were merged are told as one: what is told of any of their ids is told of the person they are
shown as.
"""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel

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
from meeting_service.meeting import Participant
from meeting_service.sessions import NOBODY, Activity, SessionManager
from meeting_service.transcript import FIRST_REVISION, Draft, OverlapFinder, Sentence
from meeting_service.web import shapes


class Teller:
    """What one watcher of a meeting needs to know beside the events. Made by `begin`."""

    def __init__(self, sessions: SessionManager, meeting_id: str, people: Sequence[Participant]) -> None:
        self._sessions = sessions
        self._meeting_id = meeting_id
        self._names = {person.id: person.name for person in people}
        self._shown = _find_aliases(people)
        self._spoken: dict[int, OverlapFinder] = {}
        """by revision, those of which a sentence was told"""
        self._drafts: dict[str, dict[str, Draft]] = {}
        """of people with several ids, by these"""
        self._activity = NOBODY
        """as was told last"""

    @classmethod
    async def begin(cls, sessions: SessionManager, meeting_id: str) -> "Teller":
        """For a watcher that is subscribed already, so that nothing is said in between."""
        teller = cls(sessions, meeting_id, await sessions.list_participants(meeting_id))
        await teller._get_spoken(FIRST_REVISION)
        return teller

    async def to_shape(self, event: StoredEventKind) -> tuple[str, BaseModel]:
        """The event's name and its JSON."""
        match event:
            case SentenceFinalized(sentence):
                return "sentence", await self._sentence_to_shape(sentence, FIRST_REVISION)
            case SentenceCorrected(sentence, revision):
                return "sentence", await self._sentence_to_shape(sentence, revision)
            case ParticipantChanged(participant):
                return "participant", shapes.participant_to_shape(await self._to_person(participant))
            case SpeechGivenUp() | GapRecorded():
                return self._missing_to_shape(event)
            case _:
                return _to_shape(event)

    def draft_to_shape(self, draft: Draft) -> shapes.DraftEvent:
        """A draft; what is being said under several ids of one person is one."""
        person = self._shown.get(draft.participant_id, draft.participant_id)
        if person not in self._shown.values():
            return shapes.draft_to_event(draft)
        own = self._drafts.setdefault(person, {})
        own[draft.participant_id] = draft
        said = sorted((one for one in own.values() if one.text), key=lambda one: one.start_ms) or [draft]
        start_ms, end_ms = said[0].start_ms, max(one.end_ms for one in said)
        text = " ".join(one.text for one in said)
        return shapes.draft_to_event(Draft(person, start_ms, end_ms, text))

    def take_activity(self) -> str:
        """JSON of those with whom it is not as was told last; empty if nothing differs."""
        told, self._activity = self._activity, self._sessions.look(self._meeting_id, self._shown)
        return self._activity.write_news(told, _write_activity)

    def _missing_to_shape(self, event: SpeechGivenUp | GapRecorded) -> tuple[str, BaseModel]:
        match event:
            case SpeechGivenUp(stretch):
                who, name = self._find_person(stretch.participant_id)
                shape = shapes.stretch_to_shape(replace(stretch, participant_id=who), name)
                return "not_transcribed", shape
            case GapRecorded(gap):
                who, _ = self._find_person(gap.participant_id)
                return "gap", shapes.gap_to_shape(replace(gap, participant_id=who))

    async def _sentence_to_shape(self, told: Sentence, revision: int) -> shapes.ToldSentence:
        who, name = self._find_person(told.participant_id)
        sentence = replace(told, participant_id=who)
        spoken = await self._get_spoken(revision)
        if revision == FIRST_REVISION and not told.version:
            spoken.add(sentence)
        overlaps = spoken.overlaps(sentence)
        return shapes.sentence_to_event(sentence, name, revision, overlaps=overlaps)

    def _find_person(self, participant_id: str) -> tuple[str, str]:
        person = self._shown.get(participant_id, participant_id)
        return person, self._names.get(person, person)

    async def _to_person(self, participant: Participant) -> Participant:
        """The event is as old as what it tells; its figures would be, too."""
        people = await self._sessions.list_participants(self._meeting_id)
        if (shown := _find_aliases(people)) != self._shown:
            self._shown = shown
            self._drafts.clear()
            self._spoken.clear()
            await self._get_spoken(FIRST_REVISION)
        person = shown.get(participant.id, participant.id)
        now = next((one for one in people if one.id == person), participant)
        if person == participant.id:
            present = now.present if now.aliases else participant.present
            now = replace(now, name=participant.name, present=present)
        self._names[now.id] = now.name
        return now

    async def _get_spoken(self, revision: int) -> OverlapFinder:
        """Who spoke when, as a revision has it."""
        if revision not in self._spoken:
            spoken = await self._sessions.store.list_spoken(self._meeting_id, revision)
            self._spoken[revision] = OverlapFinder(spoken)
        return self._spoken[revision]


def _to_shape(event: StoredEventKind) -> tuple[str, BaseModel]:
    """Of what is told as it is."""
    match event:
        case ParticipantDeleted():
            return "participant_deleted", shapes.ParticipantDeleted()
        case MeetingRestored(after):
            return "restored", shapes.Restored(after=after)
        case BookmarkChanged(bookmark):
            return "bookmark", shapes.bookmark_to_shape(bookmark)
        case BookmarkDeleted(bookmark_id):
            return "bookmark_deleted", shapes.BookmarkDeleted(id=bookmark_id)
        case MeetingChanged(meeting):
            return "meeting", shapes.meeting_to_shape(meeting)
        case RevisionChanged(revision):
            return "revision", shapes.revision_to_shape(revision)
    raise TypeError(type(event).__name__)


def _write_activity(people: Sequence[Activity]) -> str:
    return shapes.activity_to_shape(people).model_dump_json()


def _find_aliases(people: Sequence[Participant]) -> dict[str, str]:
    """Under which id those are shown who were merged."""
    return {alias: person.id for person in people for alias in person.aliases}
