"""The store: what is kept of every meeting. Domain types in, domain types out."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO

from meeting_service.accounting import Record
from meeting_service.clock import Clock, MeetingClock
from meeting_service.errors import CannotStart, InvalidRequest, StorageFailed
from meeting_service.events import StoredEvent
from meeting_service.meeting import (
    Checkpoint,
    Meeting,
    MeetingState,
    NewMeeting,
    Participant,
    Stream,
    merge_people,
)
from meeting_service.recognition import Unrecognised
from meeting_service.retention import SeenClock
from meeting_service.search import EVERYTHING, Found, HitPage, Search
from meeting_service.storage import (
    accounts,
    clocks,
    deletion,
    events,
    hits,
    meetings,
    participants,
    retention,
    revisions,
    search_index,
    sqlite,
    streams,
    transcripts,
)
from meeting_service.storage.database import Database
from meeting_service.storage.edits import Edits
from meeting_service.storage.migrate import check_revision, upgrade
from meeting_service.storage.pages import MeetingPage
from meeting_service.transcript import FIRST_REVISION, Revision, Sentence, Spoken, Transcript, TranscriptGap
from meeting_service.write_ahead import check_log


class Store:
    """Meetings, participants, streams, final text and numbered events, in one database.

    Belongs to the event loop that opened it. Every method is one transaction: durable when it returns,
    done as a whole or not at all, also when the caller is cancelled. All of them raise `NotFound` where
    what they are about is not there, and `StorageFailed` (`DiskFull`) where the database fails.
    """

    def __init__(self, database: Database, clock: Clock, lock: IO[bytes] | None) -> None:
        self._database = database
        self._clock = clock
        self._lock = lock
        self.edits = Edits(database, clock)

    @classmethod
    async def open(cls, path: Path, clock: Clock, *, min_free_bytes: int = 0) -> "Store":
        """Take the database for this process, make it or bring it up to date, and open it.

        With less than `min_free_bytes` left on the disk besides, it is not written anew after deletions.

        Raises:
            CannotStart: it cannot be written, another process has it, a newer version made it, or its log is
                damaged.
        """
        lock = await asyncio.to_thread(sqlite.lock_for_writing, path)
        try:
            await asyncio.to_thread(check_log, path)
            await asyncio.to_thread(upgrade, path)
        except BaseException:
            lock.close()
            raise
        database = Database(path, search_index.erase_step, min_free_bytes=min_free_bytes)
        store = cls(database, clock, lock)
        try:
            await store.erase_deleted()  # what a process left that was killed
        except BaseException:
            await store.close()
            raise
        return store

    @classmethod
    async def open_to_read(cls, path: Path, clock: Clock) -> "Store":
        """Open a database that another process may be using. Only what reads works; nothing is made.

        Raises:
            CannotStart: there is none, or it is not of this version.
        """
        database = Database(path, read_only=True)
        try:
            await database.read(check_revision)
        except StorageFailed as error:
            await database.close()
            raise CannotStart(error.detail) from error
        except BaseException:
            await database.close()
            raise
        return cls(database, clock, None)

    async def close(self) -> None:
        """Let what runs end, then let go of the database."""
        await self._database.close()
        if self._lock is not None:
            self._lock.close()

    async def check_writable(self) -> None:
        """Write something that changes nothing.

        Raises:
            StorageFailed, DiskFull: nothing can be written now.
        """
        await self._database.write(events.touch)

    @property
    def failure(self) -> StorageFailed | None:
        """Why the last write did not go well; None if it did."""
        return self._database.failure

    @property
    def damage(self) -> str | None:
        """What was found not to be as it was written; None so far if nothing was."""
        return self._database.damage

    async def look_for_damage(self) -> None:
        """Read all of it once: what is damaged is told by `damage` then. Never fails."""
        await self._database.look_for_damage()

    async def create_meeting(self, new: NewMeeting) -> tuple[Meeting, bool]:
        """The meeting of that id, made if it is not there, and whether it was. Idempotent given an id."""
        _check_zone(new.started_at)
        return await self._database.write(
            partial(meetings.create_meeting, new=new, now=self._clock.utc_now())
        )

    async def find_meeting(self, meeting_id: str) -> Meeting | None:
        """The meeting, or None."""
        return await self._database.read(partial(meetings.find_meeting, meeting_id=meeting_id))

    async def get_meeting(self, meeting_id: str) -> Meeting:
        """The meeting."""
        return await self._database.read(partial(meetings.get_meeting, meeting_id=meeting_id))

    async def list_meetings(
        self,
        *,
        state: MeetingState | None = None,
        search: Search = EVERYTHING,
        limit: int = 50,
        cursor: str | None = None,
    ) -> MeetingPage:
        """A page of meetings, newest start first: those in whose title or text is what is looked for.

        Raises:
            InvalidRequest: a cursor no list gave.
        """
        read = self._database.read if search == EVERYTHING else self._database.search
        search = await self.look_up_names(search)
        query = partial(meetings.list_meetings, state=state, search=search, limit=limit, cursor=cursor)
        return await read(query)

    async def look_up_names(self, search: Search) -> Search:
        """With the names that are meant by a speaker's words; for several questions, which else each do it.

        Raises:
            SearchTooSlow: like all that searches.
        """
        if search.speaker is None or search.names is not None:
            return search
        names = await self._database.search(hits.list_names)
        chosen = await asyncio.to_thread(hits.choose_names, names, search.speaker)
        return replace(search, names=chosen)

    async def list_hits(
        self, search: Search, *, meeting_id: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> HitPage:
        """A page of sentences that are found, in all meetings or in one.

        Raises:
            InvalidRequest: a cursor no page of hits gave.
        """
        search = await self.look_up_names(search)
        query = partial(hits.list_hits, search=search, meeting_id=meeting_id, limit=limit, cursor=cursor)
        return await self._database.search(query)

    async def find_in_meetings(
        self, search: Search, meeting_ids: Sequence[str], each: int
    ) -> dict[str, Found]:
        """What is found in each of these meetings: how much, and the first few sentences."""
        search = await self.look_up_names(search)
        query = partial(hits.find_in_meetings, search=search, meeting_ids=meeting_ids, each=each)
        return await self._database.search(query)

    async def list_people(self, meeting_ids: Collection[str]) -> dict[str, dict[str, Participant]]:
        """Who is meant by every id of some meetings, in the order they came; without figures."""
        return await self._database.read(partial(hits.list_people, meeting_ids=meeting_ids))

    async def rename_meeting(self, meeting_id: str, title: str) -> StoredEvent:
        """Give another title."""
        return await self._database.write(
            partial(meetings.rename_meeting, meeting_id=meeting_id, title=title)
        )

    async def set_meeting_state(
        self, meeting_id: str, state: MeetingState, ended_at: datetime | None = None
    ) -> StoredEvent:
        """Move on in the meeting's life; an end time once set stays."""
        _check_zone(ended_at)
        change = partial(meetings.set_meeting_state, meeting_id=meeting_id, state=state, ended_at=ended_at)
        return await self._database.write(change)

    async def delete_meeting(self, meeting_id: str) -> list[int]:
        """Remove everything of it, from the files and former copies too; the ids of the streams it had."""
        return await self._database.delete(partial(meetings.delete_meeting, meeting_id=meeting_id))

    async def erase_deleted(self) -> None:
        """Leave no trace of what was deleted in the files; while somebody reads them, as soon as nobody does.

        Never fails.
        """
        await self._database.erase_deleted()

    async def see_clock(self) -> SeenClock:
        """Look at the wall clock, and take down what it says."""
        return await self._database.write(partial(retention.see_clock, now=self._clock.utc_now()))

    async def list_with_audio(self, before: datetime | None) -> list[Meeting]:
        """Those with audio that are final since `before` or earlier, and those with a limit of their own."""
        return await self._database.read(partial(retention.list_with_audio, before=before))

    async def list_final(self, before: datetime | None) -> list[Meeting]:
        """Meetings that are final since `before` or earlier, and those with a limit of their own."""
        return await self._database.read(partial(retention.list_final, before=before))

    async def remove_audio(self, meeting_id: str, received_samples: Mapping[int, int]) -> StoredEvent:
        """Say that a meeting's audio is not kept from now on; how much there was of each stream stays known.

        Raises:
            Conflict: something of it is still to be recognised.
        """
        remove = partial(
            retention.remove_audio,
            meeting_id=meeting_id,
            received_samples=received_samples,
            now=self._clock.utc_now(),
        )
        return await self._database.write(remove)

    async def find_unkept(self, stream_ids: Collection[int]) -> set[int]:
        """Those of whose audio nothing is to be kept: they were deleted, or their meeting's audio removed."""
        return await self._database.read(partial(retention.find_unkept, stream_ids=stream_ids))

    async def counts_on_audio(self) -> bool:
        """Whether audio was received that is to be kept."""
        return await self._database.read(retention.counts_on_audio)

    async def last_stream_id(self) -> int:
        """The latest number a stream was given, also one that was deleted; 0 if there never was one."""
        return await self._database.read(retention.last_stream_id)

    async def get_received(self, stream_id: int) -> int:
        """Samples of a stream that were held when last something of it became final."""
        return await self._database.read(partial(streams.get_received, stream_id=stream_id))

    async def put_participant(
        self, meeting_id: str, participant_id: str, name: str | None
    ) -> tuple[Participant, StoredEvent | None, bool]:
        """Make or rename: the participant, the event if anything changed, and whether they are new.

        Without a name the one held is kept, or the id serves; one that was told before changes nothing.
        """
        put = partial(
            participants.put_participant, meeting_id=meeting_id, participant_id=participant_id, name=name
        )
        return await self._database.write(put)

    async def delete_participant(self, meeting_id: str, participant_id: str) -> tuple[list[int], StoredEvent]:
        """Remove a person and all that is theirs, under all their ids, from the files and former copies too.

        Returns:
            The ids of their streams, and the event that somebody was deleted.
        """
        return await self._database.delete(
            partial(deletion.delete_person, meeting_id=meeting_id, participant_id=participant_id)
        )

    async def find_clock(self, meeting_id: str) -> MeetingClock | None:
        """The time of a meeting as it was kept last; None of one that has ended, or is not there."""
        return await self._database.read(partial(clocks.find_clock, meeting_id=meeting_id))

    async def keep_clocks(self, changed: Sequence[MeetingClock]) -> None:
        """Keep the time of live meetings; of those that have ended meanwhile nothing is kept."""
        await self._database.write(partial(clocks.keep_clocks, clocks=changed))

    async def list_gone(self, meeting_id: str) -> set[str]:
        """The fingerprints of those who were deleted of a meeting that has not ended."""
        return await self._database.read(partial(deletion.list_gone, meeting_id=meeting_id))

    async def forget_gone(self, meeting_id: str, fingerprint: str | None = None) -> None:
        """Nobody, or one of them, is to be kept away any more."""
        await self._database.write(
            partial(deletion.forget_gone, meeting_id=meeting_id, fingerprint=fingerprint)
        )

    async def list_participants(self, meeting_id: str, revision: int | None = None) -> list[Participant]:
        """Everybody, one for each person, in the order they came, with a revision's figures as of the last
        checkpoints.
        """
        return merge_people(await self.list_senders(meeting_id, revision))

    async def list_senders(self, meeting_id: str, revision: int | None = None) -> list[Participant]:
        """The same by the ids under which they send, of which several may be one person."""
        return await self._database.read(
            partial(participants.list_participants, meeting_id=meeting_id, revision=revision)
        )

    async def open_stream(
        self,
        meeting_id: str,
        participant_id: str,
        rate_hz: int,
        anchor_ms: int,
        repeats: int | None = None,
        clock: MeetingClock | None = None,
    ) -> tuple[Stream, StoredEvent]:
        """A new stream and the event that its participant is present. Stream ids are never used again.

        With it the meeting's clock is kept that placed it.
        """
        start = partial(
            streams.open_stream,
            meeting_id=meeting_id,
            participant_id=participant_id,
            rate_hz=rate_hz,
            anchor_ms=anchor_ms,
            repeats=repeats,
            clock=clock,
        )
        return await self._database.write(start)

    async def end_stream(self, stream_id: int) -> StoredEvent | None:
        """No more audio will come; the event if with it the participant left. Idempotent."""
        return await self._database.write(partial(streams.end_stream, stream_id=stream_id))

    async def finish_stream(self, stream_id: int) -> None:
        """All its text is final. Idempotent."""
        now = self._clock.utc_now()
        await self._database.write(partial(streams.finish_stream, stream_id=stream_id, now=now))

    async def delete_stream(self, stream_id: int) -> None:
        """Remove a stream and all that is of it but the events that told of it. Idempotent."""
        await self._database.write(partial(streams.delete_stream, stream_id=stream_id))

    async def list_streams(self, meeting_id: str) -> list[Stream]:
        """All streams of a meeting, oldest first."""
        return await self._database.read(partial(streams.list_streams, meeting_id=meeting_id))

    async def list_unfinished_streams(self) -> list[tuple[Stream, Checkpoint]]:
        """What there is left to recognise, oldest first."""
        return await self._database.read(streams.list_unfinished_streams)

    async def commit_final(
        self,
        stream: Stream,
        sentences: Sequence[Sentence],
        checkpoint: Checkpoint,
        received_samples: int,
        unrecognised: Sequence[Unrecognised] = (),
    ) -> list[StoredEvent]:
        """Keep final sentences together with the checkpoint that makes them final.

        What is held already stays as it is and gives no event; a checkpoint never goes back.

        Args:
            stream: whose text it is.
            sentences: in the order they are told.
            checkpoint: of that stream.
            received_samples: audio held of it, at its own rate.
            unrecognised: speech that is final without text.
        """
        commit = partial(
            transcripts.commit_final,
            stream=stream,
            final=sentences,
            checkpoint=checkpoint,
            received_samples=received_samples,
            unrecognised=unrecognised,
        )
        return await self._database.write(commit)

    async def commit_revised(
        self,
        stream: Stream,
        revision: int,
        sentences: Sequence[Sentence],
        checkpoint: Checkpoint,
        unrecognised: Sequence[Unrecognised] = (),
    ) -> None:
        """The same for a running revision: nothing of it is told or read before it is done."""
        commit = partial(
            transcripts.commit_revised,
            stream=stream,
            revision=revision,
            final=sentences,
            checkpoint=checkpoint,
            unrecognised=unrecognised,
        )
        await self._database.write(commit)

    async def create_revision(
        self, meeting_id: str, model: str, vocabulary: Sequence[str], most: int
    ) -> tuple[Revision, StoredEvent]:
        """Begin another revision of a meeting that has ended.

        Raises:
            Conflict: the meeting has not ended, one is running, or there are `most` of them.
        """
        create = partial(
            revisions.create_revision,
            meeting_id=meeting_id,
            model=model,
            vocabulary=vocabulary,
            now=self._clock.utc_now(),
            most=most,
        )
        return await self._database.write(create)

    async def finish_revision(self, meeting_id: str, number: int) -> StoredEvent:
        """All text of a running revision is final: it is the current one when this returns."""
        now = self._clock.utc_now()
        return await self._database.write(
            partial(revisions.finish_revision, meeting_id=meeting_id, number=number, now=now)
        )

    async def fail_revision(self, meeting_id: str, number: int, detail: str) -> StoredEvent:
        """A running revision cannot go on; what there was of its text is dropped."""
        fail = partial(
            revisions.fail_revision,
            meeting_id=meeting_id,
            number=number,
            detail=detail,
            now=self._clock.utc_now(),
        )
        return await self._database.write(fail)

    async def delete_revision(self, meeting_id: str, number: int) -> StoredEvent:
        """Remove a revision, running or not, from the files too; the one before it is current again.

        Raises:
            Conflict: it is the first.
        """
        check = partial(revisions.check_deletable, meeting_id=meeting_id, number=number)
        await self._database.read(check)  # copies are not removed for what is refused
        return await self._database.delete(
            partial(revisions.delete_revision, meeting_id=meeting_id, number=number)
        )

    async def list_revisions(self, meeting_id: str) -> list[Revision]:
        """All of a meeting, the newest first."""
        return await self._database.read(partial(revisions.list_revisions, meeting_id=meeting_id))

    async def get_revision(self, meeting_id: str, number: int | None = None) -> Revision:
        """The revision of that number; without one, the current one."""
        return await self._database.read(
            partial(revisions.get_revision, meeting_id=meeting_id, number=number)
        )

    async def list_running_revisions(self) -> list[tuple[str, Revision]]:
        """What there is left to transcribe again, with the meetings' ids, oldest first."""
        return await self._database.read(revisions.list_running)

    async def list_revision_work(self, meeting_id: str, number: int) -> list[tuple[Stream, Checkpoint]]:
        """The meeting's streams, each with how far its text is final in a revision."""
        return await self._database.read(partial(revisions.list_work, meeting_id=meeting_id, number=number))

    async def list_records(self, meeting_id: str, revision: int = FIRST_REVISION) -> list[Record]:
        """What is written down of every stream beside its text, oldest first."""
        return await self._database.read(
            partial(accounts.list_records, meeting_id=meeting_id, revision=revision)
        )

    async def note_unaccounted(self, stream_id: int, revision: int, samples: int) -> None:
        """Keep what an audit of a finished stream found: 16 kHz samples that nobody can account for."""
        note = partial(accounts.note_unaccounted, stream_id=stream_id, revision=revision, samples=samples)
        await self._database.write(note)

    async def list_unaudited(self) -> list[tuple[str, int]]:
        """Meetings and revisions with finished streams that no audit has seen, oldest first."""
        return await self._database.read(accounts.list_unaudited)

    async def sum_unaccounted(self) -> int:
        """16 kHz samples that audits could not account for, of all meetings."""
        return await self._database.read(accounts.sum_unaccounted)

    async def record_gap(self, stream: Stream, gap: TranscriptGap) -> StoredEvent:
        """Keep a gap; the same gap again gives the event that told it first."""
        return await self._database.write(partial(transcripts.record_gap, stream=stream, gap=gap))

    async def get_transcript(self, meeting_id: str, revision: int | None = None) -> Transcript:
        """A revision of a meeting at one moment, in reading order; without a number, the current one.

        Raises:
            Conflict: it is not done.
        """
        read = partial(transcripts.read_transcript, meeting_id=meeting_id, number=revision)
        build = await self._database.read(read)
        return await asyncio.to_thread(build)

    async def list_spoken(self, meeting_id: str, revision: int) -> list[Spoken]:
        """When each sentence of a revision is spoken, by start."""
        return await self._database.read(
            partial(transcripts.list_spoken, meeting_id=meeting_id, revision=revision)
        )

    async def list_gaps(self, meeting_id: str, after_ms: int | None = None) -> list[TranscriptGap]:
        """Audio of a meeting that never came, by time; all, or what ends after an offset."""
        query = partial(transcripts.list_gaps, meeting_id=meeting_id, after_ms=after_ms)
        return await self._database.read(query)

    async def list_events(self, meeting_id: str, after: int, limit: int = 500) -> list[StoredEvent]:
        """The events numbered above `after`, in order; none of a meeting that is not there."""
        query = partial(events.list_events, meeting_id=meeting_id, after=after, limit=limit)
        return await self._database.read(query)

    async def last_seq(self, meeting_id: str) -> int:
        """The number of the latest event; 0 for a meeting that is not there."""
        return await self._database.read(partial(events.last_seq, meeting_id=meeting_id))


def _check_zone(moment: datetime | None) -> None:
    if moment is not None and moment.tzinfo is None:
        raise InvalidRequest("a time must name its zone")
