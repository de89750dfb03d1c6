"""What becomes of the worker's answers: sentences are stored, then told; drafts are only told.

What is read again from kept audio is stored only; how far it has come is told.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import structlog

from meeting_service import metrics
from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.broadcast import Broadcaster
from meeting_service.clock import Clock
from meeting_service.errors import MeetingServiceError, NotFound, Overloaded, StorageFailed
from meeting_service.failpoints import reach
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint
from meeting_service.recognition import Unrecognised
from meeting_service.sessions.audits import Audits
from meeting_service.sessions.live import LiveStream, Reading
from meeting_service.sessions.setbacks import Setbacks
from meeting_service.sessions.streams import LiveStreams
from meeting_service.storage import Store
from meeting_service.transcript import Draft, Sentence
from meeting_service.worker.messages import (
    Advanced,
    Away,
    Behind,
    Drafted,
    DraftsPaced,
    Finalized,
    Finished,
    Reply,
    Restarted,
    StreamFailed,
)

log = structlog.get_logger()

SILENCE_PER_CHECKPOINT = 30 * RECOGNITION_RATE_HZ
"""16 kHz samples of silence after which a checkpoint is worth a commit"""
STORAGE_DELAYS_S = (0.1, 0.3, 1.0)
"""before another attempt to store; the last for all that follow"""
STORAGE_ATTEMPTS = 3
"""after so many one stream's text no longer keeps the others' waiting, if those can be stored"""

T = TypeVar("T")

StreamReply = Finalized | Drafted | Advanced | Behind | Finished | StreamFailed


class ResultHandler:
    """Handles answers one after another, in the order the worker gave them."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        broadcaster: Broadcaster,
        clock: Clock,
        streams: LiveStreams,
        audits: Audits,
        setbacks: Setbacks,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._broadcaster = broadcaster
        self._clock = clock
        self._streams = streams
        self._audits = audits
        self._setbacks = setbacks

    async def follow(self, replies: AsyncIterator[Reply]) -> None:
        """Handle all answers until the worker is stopped; what goes wrong with one stream stops no other."""
        async for reply in replies:
            if isinstance(reply, Restarted):
                self._streams.reopen_all()
            elif isinstance(reply, Away):
                self._streams.fall_behind(reply.seconds)
                for reading in self._streams.list_readings():
                    self._broadcaster.publish_behind(reading.meeting_id, reading.behind_ms)
            elif isinstance(reply, DraftsPaced):
                metrics.draft_interval_seconds.set(reply.interval_ms / 1000)
            elif isinstance(reply, StreamReply):
                try:
                    await self._handle(reply)
                except Exception:
                    log.exception("answer_not_handled", stream=reply.stream_id)
                    self._set_back(reply.stream_id, "an answer of the recogniser could not be kept")

    async def _handle(self, reply: StreamReply) -> None:
        found = self._streams.find(reply.stream_id)
        if found is None or found[1].run != reply.run:
            return
        reading, live = found
        match reply:
            case Finalized():
                await self._finalize(reading, live, reply)
            case Drafted():
                metrics.drafts.inc()
                self._broadcaster.publish_draft(reading.meeting_id, reply.draft)
            case Advanced():
                await self._advance(reading, live, reply)
            case Behind():
                self._note_behind(reading, live, reply.behind_ms)
            case Finished():
                await self._finish(reading, live)
            case StreamFailed():
                log.error("stream_failed", stream=live.id, meeting=reading.meeting_id, detail=reply.detail)
                self._set_back(live.id, reply.detail)

    def _note_behind(self, reading: Reading, live: LiveStream, behind_ms: int) -> None:
        self._streams.note_behind(live, behind_ms)
        self._broadcaster.publish_behind(reading.meeting_id, reading.behind_ms)

    def _set_back(self, stream_id: int, detail: str) -> None:
        """Begin a live stream again in a while; give up another reading, which can be asked for again."""
        metrics.recognition_failures.inc()
        if found := self._streams.find(stream_id):
            reading, live = found
            self._note_behind(reading, live, 0)
            if reading.live:
                delay_s = self._setbacks.suffer(live)
                log.warning("stream_waits", stream=live.id, failures=live.failures, seconds=delay_s)
            else:
                reading.failure = detail
                self._streams.abandon(reading)

    async def _finalize(self, reading: Reading, live: LiveStream, reply: Finalized) -> None:
        moved = reply.checkpoint != live.checkpoint
        live.checkpoint, live.open_samples = reply.checkpoint, reply.open_samples
        live.open_transcribed_samples = reply.open_transcribed_samples
        if reply.sentences or reply.unrecognised or moved:
            await self._commit(reading, live, reply.sentences, reply.unrecognised)
        if reading.live and self._streams.find(live.id):  # unless it was deleted meanwhile
            self._count(live, reply.sentences)
            self._broadcaster.publish_draft(reading.meeting_id, reply.draft)

    async def _advance(self, reading: Reading, live: LiveStream, reply: Advanced) -> None:
        live.checkpoint = reply.checkpoint
        live.open_samples = live.open_transcribed_samples = 0
        due = reply.checkpoint.resume - live.stored.resume >= SILENCE_PER_CHECKPOINT
        if due or reply.unrecognised:
            await self._commit(reading, live, (), reply.unrecognised)

    async def _finish(self, reading: Reading, live: LiveStream) -> None:
        await self._commit(reading, live, ())
        if reading.live:
            reach("before_stream_is_finished")
            await self._persist(lambda: self._store.finish_stream(live.id))
            self._audits.expect(reading.meeting_id)
            nothing = Draft(live.stream.participant_id, 0, 0, "")
            self._broadcaster.publish_draft(reading.meeting_id, nothing)
        self._streams.forget(reading, live)

    async def _persist(self, write: Callable[[], Awaitable[T]]) -> T | None:
        return await persist(write, self._store.check_writable)

    async def _commit(
        self,
        reading: Reading,
        live: LiveStream,
        sentences: Sequence[Sentence],
        lost: Sequence[Unrecognised] = (),
    ) -> None:
        if reading.live:
            await self._commit_live(live, sentences, lost)
        else:
            await self._commit_reread(reading, live, sentences, lost)
        if live.checkpoint.resume > live.stored.resume:
            live.failures = 0
        if live.checkpoint.unrecognised_samples > live.stored.unrecognised_samples:
            metrics.recognition_failures.inc()
        live.stored = live.checkpoint

    async def _commit_live(
        self, live: LiveStream, sentences: Sequence[Sentence], lost: Sequence[Unrecognised]
    ) -> None:
        checkpoint, received = live.checkpoint, self._ledger.through(live.id)
        events = await self._persist(
            lambda: self._store.commit_final(live.stream, sentences, checkpoint, received, lost)
        )
        _count_heard(live.stored, checkpoint)
        reach("before_publish")
        self._broadcaster.publish(events or ())
        reach("after_publish")

    async def _commit_reread(
        self, reading: Reading, live: LiveStream, sentences: Sequence[Sentence], lost: Sequence[Unrecognised]
    ) -> None:
        meeting_id, number, checkpoint = reading.meeting_id, reading.number, live.checkpoint
        await self._persist(
            lambda: self._store.commit_revised(live.stream, number, sentences, checkpoint, lost)
        )
        if self._broadcaster.watcher_count(meeting_id):
            with suppress(MeetingServiceError):  # nothing is lost with it
                self._broadcaster.publish_progress(
                    meeting_id, await self._store.get_revision(meeting_id, number)
                )

    def _count(self, live: LiveStream, sentences: Sequence[Sentence]) -> None:
        metrics.sentences.inc(len(sentences))
        for sentence in sentences:
            arrived_s = live.arrival_s(sentence.end_ms)
            if arrived_s is not None:
                metrics.recognition_delay_seconds.observe(self._clock.monotonic_s() - arrived_s)


def _count_heard(former: Checkpoint, checkpoint: Checkpoint) -> None:
    """Tell the metrics what was heard between two checkpoints of a stream."""
    heard = max(0, checkpoint.resume - former.resume)
    speech = max(0, checkpoint.speech_samples - former.speech_samples)
    transcribed = max(0, checkpoint.transcribed_samples - former.transcribed_samples)
    metrics.silent_seconds.inc(max(0, heard - speech) / RECOGNITION_RATE_HZ)
    metrics.speech_seconds.inc(speech / RECOGNITION_RATE_HZ)
    metrics.transcribed_seconds.inc(transcribed / RECOGNITION_RATE_HZ)
    metrics.not_transcribed_seconds.inc(max(0, speech - transcribed) / RECOGNITION_RATE_HZ)


async def persist(
    write: Callable[[], Awaitable[T]], check: Callable[[], Awaitable[None]] | None = None
) -> T | None:
    """Write, or read, until it succeeds; what was deleted meanwhile needs nothing.

    Args:
        write: what to do, as often as need be.
        check: does something else of the kind; while that works, `write` is not tried for ever.

    Raises:
        StorageFailed, Overloaded: it fails again and again though `check` does not.
    """
    attempts = 0
    while True:
        try:
            return await write()
        except NotFound:
            return None
        except (StorageFailed, Overloaded) as error:
            attempts += 1
            log.error("text_waits_for_storage", code=error.code, attempts=attempts)
            if check is not None and attempts >= STORAGE_ATTEMPTS and await _works(check):
                raise
        await asyncio.sleep(STORAGE_DELAYS_S[min(attempts, len(STORAGE_DELAYS_S)) - 1])


async def _works(check: Callable[[], Awaitable[None]]) -> bool:
    try:
        await check()
    except (StorageFailed, Overloaded):
        return False
    return True
