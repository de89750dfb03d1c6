"""Who is in a meeting, and what became of their audio up to this moment."""

from collections.abc import Sequence
from dataclasses import replace

from meeting_service.accounting import samples_to_ms
from meeting_service.broadcast import Broadcaster
from meeting_service.errors import NotFound, TooMany
from meeting_service.ledger import Ledger
from meeting_service.meeting import Participant, Stream, merge_people
from meeting_service.sessions.live import LiveMeeting, LiveStream
from meeting_service.sessions.meetings import LiveMeetings
from meeting_service.storage import Store


class People:
    """Participants: made, renamed, counted. Runs on the event loop only."""

    def __init__(
        self,
        meetings: LiveMeetings,
        store: Store,
        ledger: Ledger,
        broadcaster: Broadcaster,
        limit: int,
    ) -> None:
        self._meetings = meetings
        self._store = store
        self._ledger = ledger
        self._broadcaster = broadcaster
        self._limit = limit

    async def put(self, meeting_id: str, participant_id: str, name: str | None) -> tuple[Participant, bool]:
        """Create or rename; a name of None keeps what is there."""
        meeting = await self._meetings.get(meeting_id)
        if participant_id not in meeting.names:
            meeting.check_live("participants")
        if participant_id not in meeting.names and len(meeting.names) >= self._limit:
            raise TooMany(
                f"the meeting has {self._limit} participants, which is the limit ([limits] participants): "
                "delete one first",
                retry_after_s=None,
            )
        participant, event, created = await self._store.put_participant(meeting_id, participant_id, name)
        meeting.names[participant_id] = participant.told_name or participant.name
        if event is not None:
            self._broadcaster.publish([event])
        return await self.get(meeting_id, participant_id), created

    async def get(self, meeting_id: str, participant_id: str) -> Participant:
        """The participant with figures of this moment, of this id alone, or `NotFound`."""
        for participant in await self.list_senders(meeting_id):
            if participant.id == participant_id:
                return participant
        raise NotFound(f"meeting {meeting_id} has no participant {participant_id}")

    async def list_all(self, meeting_id: str) -> list[Participant]:
        """Everyone in the meeting, one for each person, with figures of this moment."""
        return merge_people(await self.list_senders(meeting_id))

    async def list_senders(self, meeting_id: str) -> list[Participant]:
        """The same by the ids under which they send, of which several may be one person."""
        participants = await self._store.list_senders(meeting_id)
        live = self._meetings.find(meeting_id)
        if live is None or not live.streams:
            return participants
        streams = await self._store.list_streams(meeting_id)
        return [self._with_live_figures(p, live, streams) for p in participants]

    def _with_live_figures(
        self, participant: Participant, meeting: LiveMeeting, streams: Sequence[Stream]
    ) -> Participant:
        mine = [s for s in streams if s.participant_id == participant.id]
        unstored = [live for s in mine if (live := meeting.streams.get(s.id))]
        speech_ms, transcribed_ms = participant.speech_ms, participant.transcribed_ms
        for live in unstored:  # rounded as what is stored of a stream is
            speech = live.checkpoint.speech_samples + live.open_samples
            transcribed = live.checkpoint.transcribed_samples + live.open_transcribed_samples
            speech_ms += samples_to_ms(speech) - samples_to_ms(live.stored.speech_samples)
            transcribed_ms += samples_to_ms(transcribed) - samples_to_ms(live.stored.transcribed_samples)
        received_ms = max(participant.received_ms, sum(self._received_ms(s) for s in mine))
        waiting_ms = min(sum(self._waiting_ms(live) for live in unstored), max(0, received_ms - speech_ms))
        return replace(
            participant,
            received_ms=received_ms,
            speech_ms=speech_ms,
            transcribed_ms=transcribed_ms,
            not_transcribed_ms=speech_ms - transcribed_ms,
            silent_ms=max(0, received_ms - speech_ms - waiting_ms),
            waiting_ms=waiting_ms,
        )

    def _received_ms(self, stream: Stream) -> int:
        return self._ledger.through(stream.id) * 1000 // stream.rate_hz

    def _waiting_ms(self, live: LiveStream) -> int:
        heard_ms = samples_to_ms(live.checkpoint.resume + live.open_samples)
        return max(0, self._received_ms(live.stream) - heard_ms)
