"""What a worker does, wherever it lives: reads audio by position, finds speech, has it recognised in batches.

Two tasks share the streams. One feeds each stream's transcriber from the ledger, a slice at a time so that a
long backlog of one stream does not hold up the others. The other gathers windows of all streams into batches:
finals before drafts, those that wait longest first; a batch is of one model. While a batch is recognised,
feeding goes on. Streams in the background are fed and recognised only when nothing live is to be done.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from meeting_service.errors import MeetingServiceError
from meeting_service.ledger import LedgerReader
from meeting_service.recognition import Hypothesis, Window
from meeting_service.segmenter import SileroDetector, VoiceDetector
from meeting_service.settings import RecognitionSettings, SegmenterSettings
from meeting_service.worker.messages import (
    AudioArrived,
    CloseStream,
    Command,
    FinishStream,
    OpenStream,
    Reply,
    StreamFailed,
)
from meeting_service.worker.stream import StreamWork

log = structlog.get_logger()

Recognise = Callable[[str, Sequence[Window]], Awaitable[list[Hypothesis]]]
"""Recognises windows by the model of that name."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One window in a batch and whom it belongs to."""

    work: StreamWork
    window: Window
    final: bool


class RecognitionLoop:
    """All streams of one worker. Owned by the event loop it runs on.

    Args:
        ledger_path: where audio is read from, never written.
        recognise: recognises a batch; may take long, must not block the event loop.
        emit: takes every answer, in order.
        make_detector: each stream's own voice detector.
    """

    def __init__(
        self,
        ledger_path: Path,
        recognise: Recognise,
        recognition: RecognitionSettings,
        segmenter: SegmenterSettings,
        emit: Callable[[Reply], None],
        make_detector: Callable[[], VoiceDetector] = SileroDetector,
    ) -> None:
        self._make_detector = make_detector
        self._reader = LedgerReader(ledger_path)
        self._recognise = recognise
        self._recognition = recognition
        self._segmenter = segmenter
        self._emit = emit
        self._streams: dict[int, StreamWork] = {}
        self._audio = asyncio.Event()
        self._windows = asyncio.Event()

    def handle(self, command: Command) -> None:
        """Take a command; a stream that is not open is none of ours."""
        if isinstance(command, OpenStream):
            self._streams[command.stream.id] = StreamWork(
                command, self._reader, self._segmenter, self._recognition, self._emit, self._make_detector()
            )
        elif isinstance(command, CloseStream):
            self._streams.pop(command.stream_id, None)
        elif isinstance(command, AudioArrived | FinishStream) and (
            work := self._streams.get(command.stream_id)
        ):
            work.audio_arrived(command.through, finish=isinstance(command, FinishStream))
            self._audio.set()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._feed(), name="feed")
                group.create_task(self._recognise_all(), name="recognise")
        finally:
            self._reader.close()

    async def _feed(self) -> None:
        while True:
            hungry = self._hungry()
            if not hungry:
                self._audio.clear()
                await self._audio.wait()
                continue
            for work in hungry:
                self._feed_one(work)
                await asyncio.sleep(0)  # commands and answers come in between
            self._windows.set()

    def _hungry(self) -> list[StreamWork]:
        """Who is to be fed now: everybody live, or else one stream of the background."""
        hungry = [work for work in self._streams.values() if work.hungry]
        return [work for work in hungry if not work.background] or hungry[:1]

    def _feed_one(self, work: StreamWork) -> None:
        try:
            work.feed()
        except MeetingServiceError as error:
            self._fail(work, error.detail)
        except Exception as error:
            log.exception("stream_broken", stream=work.stream_id)
            self._fail(work, type(error).__name__)
        self._forget_if_done(work)

    async def _recognise_all(self) -> None:
        while True:
            self._windows.clear()
            if jobs := self._gather():
                await self._run(jobs)
                self._audio.set()  # a stream that waited for its windows may be fed again
            else:
                await self._windows.wait()
                await asyncio.sleep(self._recognition.max_wait_ms / 1000)  # others may join the batch

    def _gather(self) -> list[_Job]:
        """The next batch: of what is live, or else of the background.

        A batch cannot be taken back, so beside live streams the background has one window at a time.
        """
        limit = self._recognition.max_batch
        works = sorted(self._streams.values(), key=lambda work: work.waiting_since_s)
        live = [work for work in works if not work.background]
        background = [work for work in works if work.background]
        return _fill_batch(live, limit) or _fill_batch(background, 1 if live else limit)

    async def _run(self, jobs: Sequence[_Job]) -> None:
        started_s = time.monotonic()
        answers = await self._recognise_or_isolate(jobs)
        seconds = time.monotonic() - started_s
        log.debug("batch", windows=[_describe(job) for job in jobs])
        for job, hypothesis in zip(jobs, answers, strict=True):
            job.work.answer(job.window, hypothesis, final=job.final, batch_s=seconds)
            self._forget_if_done(job.work)

    async def _recognise_or_isolate(self, jobs: Sequence[_Job]) -> list[Hypothesis | None]:
        """Recognise a batch; if it fails, each window alone, so that one bad window spoils no other."""
        try:
            return list(await self._recognise(jobs[0].work.model, [job.window for job in jobs]))
        except Exception:
            log.exception("batch_failed", windows=len(jobs))
            if len(jobs) == 1:
                return [None]
        return [(await self._recognise_or_isolate([job]))[0] for job in jobs]

    def _forget_if_done(self, work: StreamWork) -> None:
        if work.done and self._streams.get(work.stream_id) is work:
            del self._streams[work.stream_id]

    def _fail(self, work: StreamWork, detail: str) -> None:
        if self._streams.get(work.stream_id) is work:
            del self._streams[work.stream_id]
        self._emit(StreamFailed(work.stream_id, work.run, detail))


def _describe(job: _Job) -> tuple[int, int, int, int, int, bool]:
    """Stream; start, length and decoded part of the window in samples at 16 kHz; whether it is final."""
    window = job.window
    place = (window.start, len(window.samples), window.decode_start, window.decode_end)
    return (job.work.stream_id, *place, job.final)


def _fill_batch(works: Sequence[StreamWork], limit: int) -> list[_Job]:
    """Windows of one model: finals, the longest waiting first; drafts where there is room."""
    jobs: list[_Job] = []
    for final in (True, False):
        for work in works:
            if len(jobs) == limit or (jobs and work.model != jobs[0].work.model):
                continue
            if window := work.next_final() if final else work.next_draft():
                jobs.append(_Job(work, window, final))
    return jobs
