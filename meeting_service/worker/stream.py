"""One stream inside the worker: its place in the ledger, its transcriber, the pace of its drafts."""

import time
from collections.abc import Callable

from meeting_service import transcriber
from meeting_service.audio import RECOGNITION_RATE_HZ, Pcm
from meeting_service.drafting import DraftRules
from meeting_service.ledger import LedgerReader
from meeting_service.ledger.resample import Resampler
from meeting_service.recognition import Hypothesis, Window
from meeting_service.segmenter import VoiceDetector
from meeting_service.settings import RecognitionSettings, SegmenterSettings
from meeting_service.transcriber import Transcriber
from meeting_service.worker.messages import Advanced, Drafted, Finalized, Finished, OpenStream, Reply

SLICE_SAMPLES = RECOGNITION_RATE_HZ
"""16 kHz samples fed at once: the longest that one stream keeps the others waiting"""
DRAFT_BACKLOG_SAMPLES = 2 * RECOGNITION_RATE_HZ
"""who is further behind than this catches up before it drafts"""


class StreamWork:
    """What the worker does for one stream. Owned by the recognition loop."""

    def __init__(
        self,
        command: OpenStream,
        reader: LedgerReader,
        segmenter: SegmenterSettings,
        recognition: RecognitionSettings,
        emit: Callable[[Reply], None],
        detector: VoiceDetector,
    ) -> None:
        self.stream_id = command.stream.id
        self.run = command.run
        self.model = command.model
        self.background = command.background
        self.waiting_since_s = time.monotonic()
        self._reader = reader
        self._resampler = Resampler(command.stream.rate_hz)
        self._recognition = recognition
        self._emit = emit
        self._transcriber = Transcriber(
            command.stream,
            segmenter,
            command.decoding,
            checkpoint=command.checkpoint,
            detector=detector,
            drafts=DraftRules(recognition.draft_interval_ms * RECOGNITION_RATE_HZ // 1000),
        )
        self._checkpoint = command.checkpoint
        self._through = 0
        self._finishing = False
        self._batch_s = 0.0
        self.done = False

    def audio_arrived(self, through: int, *, finish: bool) -> None:
        """The ledger holds the stream up to `through`; with `finish`, it ends there."""
        self._through = max(self._through, through)
        self._finishing = self._finishing or finish

    @property
    def hungry(self) -> bool:
        """Whether there is audio to hear, or an end to be told of, and room for what comes of it."""
        return self._transcriber.wants_audio and (self._finishing or self._backlog > 0)

    def feed(self) -> None:
        """Hear the next slice.

        Raises:
            StorageFailed: the ledger cannot be read.
        """
        start = self._transcriber.position
        end = min(start + SLICE_SAMPLES, start + self._backlog)
        if end > start:
            self._transcriber.accept_audio(
                self._resampler.read(self._read, start, end, through=self._through, finished=self._finishing)
            )
        if self._finishing and self._backlog == 0:
            self._transcriber.finish()
        self._tell_progress()

    def next_final(self) -> Window | None:
        """The next window to make final, if one is due."""
        while final := self._transcriber.complete_known():
            self._tell_final(final)
        return self._transcriber.take_work()

    def next_draft(self) -> Window | None:
        """A draft window, if one is due and there is time for it."""
        if self.background or not self._recognition.drafts or self._backlog > DRAFT_BACKLOG_SAMPLES:
            return None
        return self._transcriber.draft_window()

    def answer(self, window: Window, hypothesis: Hypothesis | None, *, final: bool, batch_s: float) -> None:
        """What a window came to; None where it could not be recognised."""
        self._batch_s = 0.7 * self._batch_s + 0.3 * batch_s
        self.waiting_since_s = time.monotonic()
        if final:
            self._tell_final(self._transcriber.complete(window, hypothesis))
        elif draft := self._transcriber.complete_draft(window, hypothesis):
            self._emit(Drafted(self.stream_id, self.run, draft))

    def _tell_final(self, final: transcriber.Finalized) -> None:
        self._checkpoint = final.checkpoint
        self._emit(Finalized(self.stream_id, self.run, final.sentences, final.draft, final.checkpoint))
        self._tell_progress()

    def _tell_progress(self) -> None:
        checkpoint = self._transcriber.checkpoint
        if checkpoint != self._checkpoint:
            self._checkpoint = checkpoint
            self._emit(Advanced(self.stream_id, self.run, checkpoint))
        if self._transcriber.done and not self.done:
            self.done = True
            self._emit(Finished(self.stream_id, self.run))

    @property
    def _backlog(self) -> int:
        known = self._resampler.available(self._through, finished=self._finishing)
        return max(0, known - self._transcriber.position)

    def _read(self, start: int, end: int) -> Pcm:
        return self._reader.read(self.stream_id, start, end)
