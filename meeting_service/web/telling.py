"""Stored events as watchers are told them: with the names, figures and overlaps of this moment."""

from dataclasses import replace

from pydantic import BaseModel

from meeting_service.events import (
    GapRecorded,
    MeetingChanged,
    ParticipantChanged,
    ParticipantDeleted,
    RevisionChanged,
    SentenceFinalized,
    SpeechGivenUp,
    StoredEventKind,
)
from meeting_service.meeting import Participant
from meeting_service.sessions import SessionManager
from meeting_service.transcript import OverlapFinder, Sentence
from meeting_service.web import shapes


class Teller:
    """What one watcher of a meeting needs to know beside the events. Made by `begin`."""

    def __init__(
        self, sessions: SessionManager, meeting_id: str, names: dict[str, str], spoken: OverlapFinder
    ) -> None:
        self._sessions = sessions
        self._meeting_id = meeting_id
        self._names = names
        self._spoken = spoken

    @classmethod
    async def begin(cls, sessions: SessionManager, meeting_id: str) -> "Teller":
        """For a watcher that is subscribed already, so that nothing is said in between."""
        names = {p.id: p.name for p in await sessions.list_participants(meeting_id)}
        spoken = OverlapFinder(await sessions.store.list_spoken(meeting_id))
        return cls(sessions, meeting_id, names, spoken)

    async def to_shape(self, event: StoredEventKind) -> tuple[str, BaseModel]:
        """The event's name and its JSON."""
        match event:
            case SentenceFinalized(sentence):
                return "sentence", self._sentence_to_shape(sentence)
            case SpeechGivenUp(stretch):
                name = self._name_of(stretch.participant_id)
                return "not_transcribed", shapes.stretch_to_shape(stretch, name)
            case ParticipantChanged(participant):
                self._names[participant.id] = participant.name
                return "participant", shapes.participant_to_shape(await self._with_figures(participant))
            case ParticipantDeleted():
                return "participant_deleted", shapes.ParticipantDeleted()
            case GapRecorded(gap):
                return "gap", shapes.gap_to_shape(gap)
            case MeetingChanged(meeting):
                return "meeting", shapes.meeting_to_shape(meeting)
            case RevisionChanged(revision):
                return "revision", shapes.revision_to_shape(revision)

    def _sentence_to_shape(self, sentence: Sentence) -> shapes.Sentence:
        self._spoken.add(sentence)
        name = self._name_of(sentence.participant_id)
        return shapes.sentence_to_shape(sentence, name, overlaps=self._spoken.overlaps(sentence))

    def _name_of(self, participant_id: str) -> str:
        return self._names.get(participant_id, participant_id)

    async def _with_figures(self, participant: Participant) -> Participant:
        """The event is as old as what it tells; its figures would be, too."""
        people = await self._sessions.list_participants(self._meeting_id)
        now = next((person for person in people if person.id == participant.id), participant)
        return replace(now, name=participant.name, present=participant.present)
