"""What people change by hand: corrections, names, who is whom, bookmarks. Kept, then told to who watches."""

import asyncio
from collections.abc import Callable, Sequence

from meeting_service.broadcast import Broadcaster
from meeting_service.events import StoredEvent
from meeting_service.meeting import Participant
from meeting_service.storage import Store
from meeting_service.transcript import Bookmark, Sentence


class Editing:
    """Changes by hand. Runs on the event loop only; see `storage.edits` for what is refused.

    Recognition never sees any of it: final text stays a function of the audio, and what people make of it
    lies above.

    Args:
        store: where edits are kept.
        broadcaster: who is told.
        turn: held while who is in a meeting is changed.
    """

    def __init__(self, store: Store, broadcaster: Broadcaster, turn: Callable[[str], asyncio.Lock]) -> None:
        self._edits = store.edits
        self._broadcaster = broadcaster
        self._turn = turn

    async def correct(
        self, meeting_id: str, sentence_id: str, text: str | None, expected: int | None
    ) -> Sentence:
        """Show a sentence with another text; None: as it was recognised."""
        sentence, events = await self._edits.correct_sentence(meeting_id, sentence_id, text, expected)
        self._tell(*events)
        return sentence

    async def undo(self, meeting_id: str, sentence_id: str, expected: int | None) -> Sentence:
        """Show the text before the last correction; when asked again, the one before that."""
        sentence, events = await self._edits.undo_correction(meeting_id, sentence_id, expected)
        self._tell(*events)
        return sentence

    async def rename(
        self, meeting_id: str, participant_id: str, name: str | None, expected: int | None
    ) -> Participant:
        """Give a participant a name that their senders do not take back; None: what those call them."""
        async with self._turn(meeting_id):
            participant, event = await self._edits.rename_participant(
                meeting_id, participant_id, name, expected
            )
        self._tell(event)
        return participant

    async def merge(
        self, meeting_id: str, participant_id: str, into: str, expected: int | None
    ) -> Participant:
        """Show a participant as the same person as another."""
        async with self._turn(meeting_id):
            participant, event = await self._edits.merge_participant(
                meeting_id, participant_id, into, expected
            )
        self._tell(event)
        return participant

    async def part(self, meeting_id: str, participant_id: str, expected: int | None) -> Participant:
        """Show them as a person of their own again."""
        async with self._turn(meeting_id):
            participant, events = await self._edits.part_participant(meeting_id, participant_id, expected)
        self._tell(*events)
        return participant

    async def add_bookmark(self, meeting_id: str, at_ms: int, note: str) -> tuple[Bookmark, bool]:
        """Mark a moment; the mark, and whether it is new."""
        bookmark, event = await self._edits.create_bookmark(meeting_id, at_ms, note)
        self._tell(event)
        return bookmark, event is not None

    async def change_bookmark(
        self, meeting_id: str, number: int, at_ms: int | None, note: str | None, expected: int | None
    ) -> Bookmark:
        """Move a mark or write another note; what is None stays."""
        bookmark, event = await self._edits.change_bookmark(meeting_id, number, at_ms, note, expected)
        self._tell(event)
        return bookmark

    async def delete_bookmark(self, meeting_id: str, number: int, expected: int | None) -> None:
        """Remove a mark with its note, also from what was told."""
        event = await self._edits.delete_bookmark(meeting_id, number, expected)
        self._broadcaster.withdraw(meeting_id)
        self._tell(event)

    async def list_bookmarks(self, meeting_id: str) -> Sequence[Bookmark]:
        """All of a meeting, by time."""
        return await self._edits.list_bookmarks(meeting_id)

    def _tell(self, *events: StoredEvent | None) -> None:
        self._broadcaster.publish([event for event in events if event is not None])
