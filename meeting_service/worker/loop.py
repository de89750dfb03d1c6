"""What a worker does, wherever it lives: reads audio by position, finds speech, has it recognised in batches.

Two tasks share the streams. One feeds each stream's transcriber from the ledger, a slice at a time so that a
long backlog of one stream does not hold up the others. The other has windows of all streams recognised, see
`choose_batch`; while a batch is recognised, feeding goes on. Streams in the background are fed and recognised
only when nothing live is to be done. A third task tells who is behind.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import structlog

from meeting_service.errors import MeetingServiceError
from meeting_service.recognition import Hypothesis
from meeting_service.segmenter import SileroDetector, VoiceDetector
from meeting_service.segmenter.rules import VOICE_FRAME_SAMPLES
from meeting_service.settings import RecognitionSettings, SegmenterSettings
from meeting_service.worker.batch import BatchLimits, Job, choose_batch
from meeting_service.worker.blackboard import SIZE, Blackboard
from meeting_service.worker.careful_reader import CarefulReader
from meeting_service.worker.isolation import Isolation, Recognise
from meeting_service.worker.load import Load
from meeting_service.worker.messages import (
    AudioArrived,
    CloseStream,
    Command,
    DraftsPaced,
    FinishStream,
    OpenStream,
    Reply,
    StreamFailed,
)
from meeting_service.worker.stream import StreamWork
from meeting_service.worker.suspects import MOST_CRASHES

log = structlog.get_logger()

_SILENT_FRAMES = np.zeros((32, VOICE_FRAME_SAMPLES), np.float32)

TELL_S = 1.0
"""how often it is told who is behind"""
ENOUGH_BATCHES = 2
"""of windows that wait, after which no second one is made of the same stream"""
LEAST_OFFENCES = 3
"""how often audio of a stream was given up for what it did to workers, until each new one leaves it alone for
a while first, for twice as long after every further time"""
FIRST_REST_S = 5.0
MOST_REST_S = 300.0
LIVE_SLICES = 8
"""slices of live streams that are fed before one of a stream that is behind"""


class RecognitionLoop:
    """All streams of one worker. Owned by the event loop it runs on.

    Args:
        ledger_path: where audio is read from, never written.
        recognise: recognises a batch; may take long, must not block the event loop.
        emit: takes every answer, in order.
        make_detector: each stream's own voice detector.
        board: where it is told what is in work, for whoever asks after this process.
        drain: waits until answers are taken; nothing is recognised before.
    """

    def __init__(
        self,
        ledger_path: Path,
        recognise: Recognise,
        recognition: RecognitionSettings,
        segmenter: SegmenterSettings,
        emit: Callable[[Reply], None],
        make_detector: Callable[[], VoiceDetector] = SileroDetector,
        board: Blackboard | None = None,
        drain: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._make_detector = make_detector
        self._board = board or Blackboard(bytearray(SIZE))
        self._drain = drain
        self._reader = CarefulReader(ledger_path)
        self._load = Load()
        self._isolation = Isolation(recognise, self._board, self._load.expect_s)
        self._recognition = recognition
        self._segmenter = segmenter
        self._emit = emit
        self._streams: dict[int, StreamWork] = {}
        self._hungry: dict[int, StreamWork] = {}
        """streams with audio to hear, those first that have waited longest"""
        self._waiting: dict[int, StreamWork] = {}
        """streams with something to recognise"""
        self._suspected: set[int] = set()
        """ids of streams with audio of which a worker died, perhaps: then one thing is done at a time"""
        self._stumbles: dict[int, int] = {}
        """by stream, the block that could not be heard last"""
        self._slices = 0
        self._resting_from_s: float | None = None
        """since when nothing was recognised that `_load` does not know of; None during a batch"""
        self._audio = asyncio.Event()
        self._windows = asyncio.Event()
        self._no_batch = asyncio.Event()
        self._no_batch.set()

    def handle(self, command: Command) -> None:
        """Take a command; a stream that is not open is none of ours."""
        if isinstance(command, OpenStream):
            self._forget(command.stream.id)
            self._stumbles.pop(command.stream.id, None)
            self._open(command)
        elif isinstance(command, CloseStream):
            self._forget(command.stream_id)
        elif isinstance(command, AudioArrived | FinishStream) and (
            work := self._streams.get(command.stream_id)
        ):
            work.audio_arrived(command.through, finish=isinstance(command, FinishStream))
            self._note(work)

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            ExceptionGroup: the recogniser fails, whatever it is given; another worker has to go on at the
                checkpoints.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._feed(), name="feed")
                group.create_task(self._recognise_all(), name="recognise")
                group.create_task(self._tell_pace(), name="tell who is behind")
        finally:
            self._reader.close()

    def _open(self, command: OpenStream) -> StreamWork:
        work = self._streams[command.stream.id] = StreamWork(
            command, self._reader, self._segmenter, self._recognition, self._emit, self._make_detector()
        )
        if work.suspected:
            self._suspected.add(work.stream_id)
        if command.offences >= LEAST_OFFENCES:
            self._let_rest(work, FIRST_REST_S * 2 ** (command.offences - LEAST_OFFENCES))
        return work

    def _let_rest(self, work: StreamWork, seconds: float) -> None:
        """Do nothing for a stream for a while, so that others have a worker that long."""
        seconds = min(seconds, MOST_REST_S)
        work.rests_until_s = _now_s() + seconds
        asyncio.get_running_loop().call_later(seconds, self._look_again)

    def _look_again(self) -> None:
        self._audio.set()
        self._windows.set()

    async def _feed(self) -> None:
        while True:
            if self._suspected:
                await self._no_batch.wait()
            if work := self._next_hungry():
                self._feed_one(work)
                await asyncio.sleep(0)  # commands and answers come in between
            else:
                self._audio.clear()
                await self._audio.wait()

    def _next_hungry(self) -> StreamWork | None:
        """Who is to be fed now: mostly somebody live; the background when nobody else is hungry.

        While there is work for some batches, nobody hears on who has some waiting: it takes memory.
        """
        self._slices += 1
        rest, now_s = None, _now_s()
        enough = len(self._waiting) >= ENOUGH_BATCHES * self._recognition.max_batch
        for work in self._hungry.values():
            if (enough and work.waiting) or now_s < work.rests_until_s:
                continue
            if work.live and self._slices % LIVE_SLICES:
                return work
            if rest is None or (rest.background and not work.background):
                rest = work
        return rest

    def _feed_one(self, work: StreamWork) -> None:
        self._hungry.pop(work.stream_id, None)
        block = work.block
        if work.block_crashes >= MOST_CRASHES - 1:
            self._make_detector().probabilities(_SILENT_FRAMES)
        try:
            with self._board.hearing(work.stream_id, block):
                work.feed(_now_s(), self._load.stretch)
        except MeetingServiceError as error:
            self._fail(work, error)
        except MemoryError:
            raise  # that is nobody's fault, and ends the worker
        except Exception:
            log.exception("block_not_heard", stream=work.stream_id, start=block)
            self._begin_again(work, block)
        else:
            self._note(work)

    def _begin_again(self, work: StreamWork, block: int) -> None:
        """Go back to the checkpoint after a block that cannot be heard, and at the second time around it."""
        through, finish = work.through
        command = replace(work.command, checkpoint=work.checkpoint)
        if self._stumbles.get(work.stream_id) == block:
            command = replace(command, unheard=(*command.unheard, block))
        self._stumbles[work.stream_id] = block
        self._forget(work.stream_id)
        again = self._open(command)
        again.audio_arrived(through, finish=finish)
        self._note(again)

    async def _recognise_all(self) -> None:
        self._resting_from_s = _now_s()
        while True:
            self._windows.clear()
            self._count_rest()
            if jobs := self._gather():
                self._resting_from_s = None
                await self._run(jobs)
                self._resting_from_s = _now_s()
            else:
                await self._windows.wait()
                await self._let_others_join()

    def _count_rest(self) -> None:
        if self._resting_from_s is not None:
            now_s = _now_s()
            self._load.rested(now_s - self._resting_from_s)
            self._resting_from_s = now_s

    async def _let_others_join(self) -> None:
        """Wait a moment for more windows, unless there are enough for a batch."""
        if len(self._waiting) < self._recognition.max_batch:
            await asyncio.sleep(self._recognition.max_wait_ms / 1000)

    def _gather(self) -> list[Job]:
        """The next batch: of what is live, or else of the background.

        A batch cannot be taken back, so beside live streams the background has one window at a time.
        """
        limits = BatchLimits(self._recognition.max_batch, self._load.batch_samples)
        works = [work for work in self._waiting.values() if not work.background]
        if jobs := choose_batch(works, limits, _now_s(), self._fail, self._load.stretch):
            return jobs
        if any(not work.background for work in self._streams.values()):
            limits = BatchLimits(1, limits.samples)
        works = [work for work in self._waiting.values() if work.background]
        return choose_batch(works, limits, _now_s(), self._fail)

    async def _run(self, jobs: Sequence[Job]) -> None:
        if self._drain is not None:
            await self._drain()
        started_s = _now_s()
        self._no_batch.clear()
        answers = await self._isolation.recognise(jobs)
        self._no_batch.set()
        self._audio.set()
        now_s = _now_s()
        patient = sum(len(job.window.samples) for job in jobs if job.patient)
        pressing = sum(len(job.window.samples) for job in jobs if not job.patient)
        self._load.worked(now_s - started_s, pressing, patient)
        log.debug("batch", windows=[_describe(job) for job in jobs])
        for job, hypothesis in zip(jobs, answers, strict=True):
            self._answer(job, hypothesis, now_s)

    def _answer(self, job: Job, hypothesis: Hypothesis | None, now_s: float) -> None:
        if self._streams.get(job.work.stream_id) is not job.work:
            return
        try:
            job.work.answer(job.window, hypothesis, now_s, self._load.stretch, final=job.final)
        except Exception as error:
            self._fail(job.work, error)
        else:
            self._note(job.work)

    async def _tell_pace(self) -> None:
        told_ms = 0
        while True:
            await asyncio.sleep(TELL_S)
            for work in list(self._streams.values()):
                work.tell_behind(_now_s())
            self._count_rest()
            interval_ms = round(self._recognition.draft_interval_ms * self._load.stretch / 100) * 100
            if interval_ms != told_ms:
                self._emit(DraftsPaced(interval_ms))
                told_ms = interval_ms

    def _note(self, work: StreamWork) -> None:
        """Take down what a stream waits for; forget one that is done."""
        if self._streams.get(work.stream_id) is not work:
            return
        if work.done:
            self._forget(work.stream_id)
            return
        if not work.suspected:
            self._suspected.discard(work.stream_id)
        if work.hungry:
            self._hungry[work.stream_id] = work
            self._audio.set()
        if work.waiting:
            self._waiting[work.stream_id] = work
            self._windows.set()
        else:
            self._waiting.pop(work.stream_id, None)

    def _forget(self, stream_id: int) -> None:
        self._suspected.discard(stream_id)
        for streams in (self._streams, self._hungry, self._waiting):
            streams.pop(stream_id, None)

    def _fail(self, work: StreamWork, error: Exception) -> None:
        """Give up a stream; what breaks one stops no other."""
        detail = type(error).__name__
        if isinstance(error, MeetingServiceError):
            detail = error.detail
        else:
            log.error("stream_broken", stream=work.stream_id, exc_info=error)
        if self._streams.get(work.stream_id) is work:
            self._forget(work.stream_id)
        self._emit(StreamFailed(work.stream_id, work.run, detail))


def _now_s() -> float:
    """The event loop's clock, which is the streams' too."""
    return asyncio.get_running_loop().time()


def _describe(job: Job) -> tuple[int, int, int, int, int, bool, bool]:
    """Stream; start, length and decoded part of the window at 16 kHz; has it a tail; is it final."""
    window = job.window
    place = (window.start, len(window.samples), window.decode_start, window.decode_end)
    return (job.work.stream_id, *place, window.tail, job.final)
