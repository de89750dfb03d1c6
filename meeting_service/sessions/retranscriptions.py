"""Transcribing again: the audio that was kept of a meeting becomes another revision of its text."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial

import structlog

from meeting_service import metrics
from meeting_service.broadcast import Broadcaster
from meeting_service.errors import Conflict, TooMany
from meeting_service.failpoints import reach
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint, MeetingState, Stream
from meeting_service.sessions.audits import Audits
from meeting_service.sessions.live import Reading
from meeting_service.sessions.models import choose_model
from meeting_service.sessions.results import persist
from meeting_service.sessions.streams import LiveStreams
from meeting_service.settings import Settings
from meeting_service.storage import Store
from meeting_service.transcript import Revision

log = structlog.get_logger()

RETRY_AFTER_S = 60

Spawn = Callable[[Coroutine[object, object, None], str], asyncio.Task[None]]


class Retranscriptions:
    """Owner of every revision that is being made of kept audio. Runs on the event loop only.

    The streams of all of them wait in the worker's background, as many at once as a batch has windows. What
    is unfinished when the service ends goes on from its checkpoints after the next start.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        ledger: Ledger,
        streams: LiveStreams,
        broadcaster: Broadcaster,
        audits: Audits,
        spawn: Spawn,
    ) -> None:
        self._settings = settings
        self._store = store
        self._ledger = ledger
        self._streams = streams
        self._broadcaster = broadcaster
        self._audits = audits
        self._spawn = spawn
        self._running: dict[str, tuple[Reading, asyncio.Task[None]]] = {}
        """by meeting: there is one at a time"""
        self._beginning = asyncio.Lock()
        """held while one is begun, and while none may be"""
        self._places = asyncio.Semaphore(settings.recognition.max_batch)

    async def start(self) -> None:
        """Take up what was running when the service ended."""
        for meeting_id, revision in await self._store.list_running_revisions():
            self._take_up(meeting_id, revision)

    async def begin(
        self, meeting_id: str, *, model: str | None = None, vocabulary: Sequence[str] | None = None
    ) -> Revision:
        """Transcribe a meeting again, by its own model and with its own vocabulary unless told otherwise.

        Raises:
            NotFound: no such meeting.
            InvalidRequest: the model is not loaded.
            Conflict: the meeting has not ended, is being transcribed again, has too many revisions, or its
                audio is not kept any more.
            TooMany: as many revisions are being made as may be.
        """
        async with self._beginning:
            meeting = await self._store.get_meeting(meeting_id)
            chosen = choose_model(self._settings.model, model, meeting.model)
            self._check_room(meeting_id)
            if meeting.state is MeetingState.ENDED and (lack := await self._find_lack(meeting_id)):
                raise Conflict(lack)
            reach("before_revision_is_made")
            revision, event = await self._store.create_revision(
                meeting_id,
                chosen,
                meeting.vocabulary if vocabulary is None else vocabulary,
                self._settings.limits.revisions,
            )
            reach("after_revision_is_made")
            self._take_up(meeting_id, revision)
        self._broadcaster.publish([event])
        return revision

    async def delete(self, meeting_id: str, number: int) -> None:
        """Remove a revision; one that is running is stopped.

        Raises:
            NotFound: no such meeting or revision.
            Conflict: it is the first.
            StorageFailed: it is still there, and goes on if it was running.
        """
        async with self.held_back(meeting_id, number):
            event = await self._store.delete_revision(meeting_id, number)
        self._broadcaster.publish([event])

    @asynccontextmanager
    async def held_back(self, meeting_id: str, number: int | None = None) -> AsyncIterator[None]:
        """Nothing of a meeting is read meanwhile, or nothing of this revision; nor is any other begun.

        Afterwards it goes on, however this ended, if it is still there.
        """
        async with self._beginning:
            if await self._stop(meeting_id, number):
                going_on = persist(partial(self._resume, meeting_id))  # which waits until this is over
                self._spawn(going_on, f"revision of meeting {meeting_id} goes on")
            yield

    async def _stop(self, meeting_id: str, number: int | None) -> bool:
        running = self._running.get(meeting_id)
        if running is None or number not in (None, running[0].number):
            return False
        self._forget(meeting_id)
        reading, task = running
        task.cancel()
        await asyncio.wait({task})
        self._streams.abandon(reading)
        return True

    async def _resume(self, meeting_id: str) -> None:
        async with self._beginning:
            for known, revision in await self._store.list_running_revisions():
                if known == meeting_id and meeting_id not in self._running:
                    self._take_up(meeting_id, revision)

    def _take_up(self, meeting_id: str, revision: Revision) -> None:
        assert revision.model is not None  # noqa: S101 - only the first may have none
        reading = Reading(meeting_id, revision.number, revision.model, revision.vocabulary)
        if reading.model not in self._settings.model.names:
            reading.failure = f"the model {reading.model} is not loaded any more"
        name = f"revision {revision.number} of meeting {meeting_id}"
        self._running[meeting_id] = (reading, self._spawn(self._run(reading), name))
        metrics.retranscriptions.set(len(self._running))

    async def _run(self, reading: Reading) -> None:
        reading.failure = reading.failure or await persist(lambda: self._find_lack(reading.meeting_id))
        work = await persist(lambda: self._store.list_revision_work(reading.meeting_id, reading.number))
        async with asyncio.TaskGroup() as group:
            for stream, checkpoint in work or ():
                group.create_task(self._read(reading, stream, checkpoint), name=f"rereading {stream.id}")
        await self._end(reading)

    async def _read(self, reading: Reading, stream: Stream, checkpoint: Checkpoint) -> None:
        """One stream to its end, or not at all once another has failed; after its live text, if it has to."""
        if found := self._streams.find(stream.id):
            await found[1].finished.wait()
        async with self._places:
            if reading.failure is None:
                await self._streams.adopt(reading, stream, checkpoint).finished.wait()

    async def _end(self, reading: Reading) -> None:
        meeting_id, number, failure = reading.meeting_id, reading.number, reading.failure
        if failure is None:
            reach("before_revision_is_finished")
            event = await persist(lambda: self._store.finish_revision(meeting_id, number))
            reach("after_revision_is_current")
            self._audits.expect(meeting_id, number)
        else:
            log.error("retranscription_failed", meeting=meeting_id, revision=number, detail=failure)
            event = await persist(lambda: self._store.fail_revision(meeting_id, number, failure))
        self._forget(meeting_id)
        if event is not None:
            self._broadcaster.publish([event])

    def _forget(self, meeting_id: str) -> None:
        self._running.pop(meeting_id, None)
        metrics.retranscriptions.set(len(self._running))

    def _check_room(self, meeting_id: str) -> None:
        most = self._settings.limits.retranscriptions
        if meeting_id not in self._running and len(self._running) >= most:
            raise TooMany(
                f"{most} meetings are being transcribed again, which is the limit ([limits] "
                "retranscriptions): wait until one is done",
                retry_after_s=RETRY_AFTER_S,
            )

    async def _find_lack(self, meeting_id: str) -> str | None:
        """Why there is no audio for another text, or None; a text of a part of it would be worse."""
        if removed_at := (await self._store.get_meeting(meeting_id)).audio_removed_at:
            return (
                f"audio of this meeting is not kept any more since {removed_at:%Y-%m-%d %H:%M} UTC "
                "([retention] says for how long it is): it cannot be transcribed again"
            )
        kept: dict[str, int] = defaultdict(int)
        for stream in await self._store.list_streams(meeting_id):
            kept[stream.participant_id] += self._ledger.through(stream.id) * 1000 // stream.rate_hz
        people = await self._store.list_senders(meeting_id)
        if any(kept[person.id] < person.received_ms for person in people):
            return "audio of this meeting is not kept any more: it cannot be transcribed again"
        return None if any(kept.values()) else "no audio came in this meeting: there is nothing to transcribe"
