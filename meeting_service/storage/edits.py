"""What people change by hand, as the store keeps it: corrections, names, who is whom, bookmarks."""

from collections.abc import Sequence
from functools import partial

from meeting_service.clock import Clock
from meeting_service.events import StoredEvent
from meeting_service.meeting import Participant
from meeting_service.storage import bookmarks, corrections, participants
from meeting_service.storage.database import Database
from meeting_service.transcript import Bookmark, Sentence, SentenceHistory


class Edits:
    """The store's part for edits, and like it: each method is one transaction, told in the same.

    `expected` is the version that a change is of; None: whatever there is. What is there already makes no
    event, whatever is expected, so that every change but an undo may be asked for again. All raise `NotFound`
    where what they are about is not there, and `Outdated` where somebody else was quicker.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def correct_sentence(
        self, meeting_id: str, sentence_id: str, text: str | None, expected: int | None
    ) -> tuple[Sentence, Sequence[StoredEvent]]:
        """Show another text; None: what was recognised. The current revision follows a former one."""
        now = self._clock.utc_now()
        change = partial(
            corrections.correct_sentence,
            meeting_id=meeting_id,
            sentence_id=sentence_id,
            text=text,
            expected=expected,
            now=now,
        )
        return await self._database.write(change)

    async def undo_correction(
        self, meeting_id: str, sentence_id: str, expected: int | None
    ) -> tuple[Sentence, Sequence[StoredEvent]]:
        """Show the text before the last correction; when asked again, the one before that.

        Raises:
            Conflict: it is as it was recognised.
        """
        now = self._clock.utc_now()
        return await self._database.write(
            partial(
                corrections.undo_correction,
                meeting_id=meeting_id,
                sentence_id=sentence_id,
                expected=expected,
                now=now,
            )
        )

    async def get_history(self, meeting_id: str, sentence_id: str) -> SentenceHistory:
        """A sentence as it is shown, and all texts it had."""
        return await self._database.read(
            partial(corrections.get_history, meeting_id=meeting_id, sentence_id=sentence_id)
        )

    async def rename_participant(
        self, meeting_id: str, participant_id: str, name: str | None, expected: int | None
    ) -> tuple[Participant, StoredEvent | None]:
        """Give a name by hand; None: what their senders call them."""
        change = partial(
            participants.rename_participant,
            meeting_id=meeting_id,
            participant_id=participant_id,
            name=name,
            expected=expected,
        )
        return await self._database.write(change)

    async def merge_participant(
        self, meeting_id: str, participant_id: str, into: str, expected: int | None
    ) -> tuple[Participant, StoredEvent | None]:
        """Show a participant as the same person as another.

        Raises:
            Conflict: the other one is this person already.
        """
        change = partial(
            participants.merge_participant,
            meeting_id=meeting_id,
            participant_id=participant_id,
            into=into,
            expected=expected,
        )
        return await self._database.write(change)

    async def part_participant(
        self, meeting_id: str, participant_id: str, expected: int | None
    ) -> tuple[Participant, Sequence[StoredEvent]]:
        """Show them as a person of their own again."""
        return await self._database.write(
            partial(
                participants.part_participant,
                meeting_id=meeting_id,
                participant_id=participant_id,
                expected=expected,
            )
        )

    async def list_ids(self, meeting_id: str, participant_id: str, expected: int | None = None) -> list[str]:
        """A participant's id and those of who was merged into them."""
        found = partial(participants.list_ids, meeting_id=meeting_id, participant_id=participant_id)
        return await self._database.read(partial(found, expected=expected))

    async def create_bookmark(
        self, meeting_id: str, at_ms: int, note: str
    ) -> tuple[Bookmark, StoredEvent | None]:
        """Mark a moment.

        Raises:
            Conflict: the meeting has as many as it may have.
        """
        create = partial(bookmarks.create_bookmark, at_ms=at_ms, note=note, now=self._clock.utc_now())
        return await self._database.write(partial(create, meeting_id=meeting_id))

    async def change_bookmark(
        self, meeting_id: str, number: int, at_ms: int | None, note: str | None, expected: int | None
    ) -> tuple[Bookmark, StoredEvent | None]:
        """Move it, or write another note; what is None stays."""
        change = partial(bookmarks.change_bookmark, at_ms=at_ms, note=note, expected=expected)
        return await self._database.write(partial(change, meeting_id=meeting_id, number=number))

    async def delete_bookmark(self, meeting_id: str, number: int, expected: int | None) -> StoredEvent:
        """Remove it and its note, from the files too."""
        check = partial(bookmarks.check_bookmark, meeting_id=meeting_id, number=number, expected=expected)
        await self._database.read(check)  # copies are not removed for what is refused
        return await self._database.delete(
            partial(bookmarks.delete_bookmark, meeting_id=meeting_id, number=number, expected=expected)
        )

    async def list_bookmarks(self, meeting_id: str) -> Sequence[Bookmark]:
        """All of a meeting, by time."""
        return await self._database.read(partial(bookmarks.list_bookmarks, meeting_id=meeting_id))

    async def get_bookmark(self, meeting_id: str, number: int) -> Bookmark:
        """The bookmark."""
        return await self._database.read(
            partial(bookmarks.get_bookmark, meeting_id=meeting_id, number=number)
        )
