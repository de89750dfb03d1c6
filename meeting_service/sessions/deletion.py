"""Deleting at somebody's word: a whole meeting, or one participant of it, live or long over."""

import asyncio
from collections.abc import Sequence
from weakref import WeakValueDictionary

from meeting_service.broadcast import Broadcaster
from meeting_service.errors import MeetingServiceError, NotFound
from meeting_service.events import StoredEvent
from meeting_service.failpoints import reach
from meeting_service.ledger import Ledger
from meeting_service.meeting import participant_to_fingerprint
from meeting_service.sessions.live import LiveMeeting
from meeting_service.sessions.meetings import LiveMeetings
from meeting_service.sessions.retranscriptions import Retranscriptions
from meeting_service.sessions.streams import LiveStreams
from meeting_service.storage import Store


class Deletions:
    """Takes care that nothing of what is deleted goes on. Runs on the event loop only.

    Text and names go first, in one transaction, and with it everything is decided: audio without a stream in
    the database is deleted by `Keeping`, should the service end before the ledger has. Until then nothing is
    taken but all is still there: where the database fails everything goes on as if nobody had asked.
    """

    def __init__(
        self,
        meetings: LiveMeetings,
        store: Store,
        ledger: Ledger,
        streams: LiveStreams,
        retranscriptions: Retranscriptions,
        broadcaster: Broadcaster,
    ) -> None:
        self._meetings = meetings
        self._store = store
        self._ledger = ledger
        self._streams = streams
        self._retranscriptions = retranscriptions
        self._broadcaster = broadcaster
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, meeting_id: str) -> asyncio.Lock:
        """Held while a meeting, or somebody of it, is deleted or made or renamed: one after another."""
        return self._turns.setdefault(meeting_id, asyncio.Lock())

    async def delete_meeting(self, meeting_id: str) -> None:
        """Delete everything of a meeting: text, names, audio.

        Raises:
            NotFound: no such meeting.
            StorageFailed: nothing is deleted, or only audio is left, which then goes by itself.
            Overloaded: only audio is left, which then goes by itself.
        """
        async with self.turn(meeting_id):
            live = await self._meetings.get(meeting_id)
            ids = await self._delete_meeting(live)
            self._streams.abandon(live)
            self._meetings.forget(meeting_id)
            live.over.set()
            self._broadcaster.close(meeting_id)
        reach("in_deletion")
        await self._ledger.delete(ids)

    async def delete_person(
        self, meeting_id: str, participant_id: str, expected: int | None = None
    ) -> list[str]:
        """Delete a participant, all who were merged into them and all that is theirs.

        What is still sent for them is refused.

        Args:
            meeting_id: where they are.
            participant_id: one of them.
            expected: the version of theirs that is meant; None: whatever there is.

        Returns:
            Their ids.

        Raises:
            NotFound: no such meeting or participant.
            Outdated: they are not at the version expected.
            StorageFailed: nothing is deleted, or only audio is left, which then goes by itself.
            Overloaded: only audio is left, which then goes by itself.
        """
        async with self.turn(meeting_id):
            live = await self._meetings.get(meeting_id)
            if participant_id not in live.names:
                raise NotFound(f"meeting {meeting_id} has no participant {participant_id}")
            person = await self._store.edits.list_ids(meeting_id, participant_id, expected)
            ids, event = await self._delete_person(live, person)
            for one in person:
                for stream in live.list_streams_of(one):
                    self._streams.drop(live, stream)
                live.names.pop(one, None)
            self._broadcaster.withdraw(meeting_id, *person)
            self._broadcaster.publish([event])
        reach("in_deletion")
        await self._ledger.delete(ids)
        return person

    async def welcome(self, meeting_id: str, participant_id: str) -> None:
        """Take from a participant who was deleted again, for somebody asks for them by name; in its turn."""
        live = await self._meetings.get(meeting_id)
        fingerprint = participant_to_fingerprint(meeting_id, participant_id)
        if fingerprint in live.gone:
            await self._store.forget_gone(meeting_id, fingerprint)
            live.gone.discard(fingerprint)

    async def _delete_meeting(self, live: LiveMeeting) -> list[int]:
        async with live.opening:
            live.deleted = True  # no stream is opened from here on
        try:
            async with self._retranscriptions.held_back(live.id):
                return await self._store.delete_meeting(live.id)
        except MeetingServiceError:
            live.deleted = False
            raise

    async def _delete_person(self, live: LiveMeeting, person: Sequence[str]) -> tuple[list[int], StoredEvent]:
        """Of all ids at once, the first of which the others were merged into."""
        fingerprints = {participant_to_fingerprint(live.id, one) for one in person}
        async with live.opening:
            live.gone |= fingerprints
        try:
            async with self._retranscriptions.held_back(live.id):
                return await self._store.delete_participant(live.id, person[0])
        except MeetingServiceError:
            live.gone -= fingerprints
            raise
