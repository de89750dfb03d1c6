"""One stream inside the worker: its place in the ledger, its transcriber, what waits to be recognised."""

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
from meeting_service.worker.messages import Advanced, Behind, Drafted, Finalized, Finished, OpenStream, Reply

SLICE_SAMPLES = RECOGNITION_RATE_HZ
"""16 kHz samples fed at once: the longest that one stream keeps the others waiting"""
LIVE_SAMPLES = 2 * RECOGNITION_RATE_HZ
"""who is further behind than this catches up: it drafts nothing and lets those go first who speak now"""
MOST_PATIENCE_S = 30.0
"""how long a stream that is behind may at most be passed over"""
BEHIND_S = 3.0
"""how far a stream is behind when that is told"""
CAUGHT_UP_S = 1.0
"""how near it must come until that is taken back"""


class StreamWork:
    """What the worker does for one stream. Owned by the recognition loop; times are those of its clock."""

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
        self.kind = (command.model, command.decoding.method)
        """what windows of one batch have in common"""
        self.background = command.background
        self.final_due_s: float | None = None
        """since when speech waits to become final"""
        self.deadline_s = 0.0
        """from when on that goes before anything else"""
        self.draft_due_s: float | None = None
        """since when a draft is worth its work"""
        self._reader = reader
        self._resampler = Resampler(command.stream.rate_hz)
        self._drafts = recognition.drafts and not command.background
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
        self._told_behind = False
        self.done = False

    def audio_arrived(self, through: int, *, finish: bool) -> None:
        """The ledger holds the stream up to `through`; with `finish`, it ends there."""
        self._through = max(self._through, through)
        self._finishing = self._finishing or finish

    @property
    def hungry(self) -> bool:
        """Whether there is audio to hear, or an end to be told of, and room for what comes of it."""
        return self._transcriber.wants_audio and (self._finishing or self._backlog > 0)

    @property
    def live(self) -> bool:
        """Whether it is heard as it comes."""
        return not self.background and self._backlog <= LIVE_SAMPLES

    @property
    def waiting(self) -> bool:
        """Whether there is anything to recognise."""
        return self.final_due_s is not None or self.draft_due_s is not None

    def feed(self, now_s: float, stretch: float = 1.0) -> None:
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
        self._settle(now_s, stretch)

    def next_final(self) -> Window | None:
        """The next window to make final, if one is due."""
        return self._transcriber.take_work()

    def next_draft(self, stretch: float) -> Window | None:
        """A draft window, if one is still due."""
        self.draft_due_s = None
        return self._transcriber.draft_window(stretch)

    def answer(
        self,
        window: Window,
        hypothesis: Hypothesis | None,
        now_s: float,
        stretch: float = 1.0,
        *,
        final: bool,
    ) -> None:
        """What a window came to; None where it could not be recognised."""
        if final:
            self._tell_final(self._transcriber.complete(window, hypothesis))
        elif draft := self._transcriber.complete_draft(window, hypothesis):
            self._emit(Drafted(self.stream_id, self.run, draft))
        self._settle(now_s, stretch)

    def tell_behind(self, now_s: float) -> None:
        """Say how far behind the stream is, if it is, and once when it no longer is."""
        behind_s = self.behind_s(now_s)
        behind = behind_s >= (CAUGHT_UP_S if self._told_behind else BEHIND_S) and not self.background
        self._tell_behind(behind_s, behind=behind)

    def behind_s(self, now_s: float) -> float:
        """How much longer than it takes to be sure of an utterance's end the oldest speech has waited."""
        known = self._transcriber.position + self._backlog
        unheard_s = (known - self._transcriber.caught_up_to) / RECOGNITION_RATE_HZ
        return max(unheard_s, 0.0 if self.final_due_s is None else now_s - self.final_due_s)

    def _settle(self, now_s: float, stretch: float) -> None:
        """Make final what needs no recogniser, tell how far that is, note what waits for it."""
        while final := self._transcriber.complete_known():
            self._tell_final(final)
        self._tell_progress()
        if not self._transcriber.due:
            self.final_due_s = None
        elif self.final_due_s is None:
            self.final_due_s = now_s
            self.deadline_s = now_s + (0.0 if self.live else min(self.behind_s(now_s), MOST_PATIENCE_S))
        if not (self._drafts and self.live and self._transcriber.draft_due(stretch)):
            self.draft_due_s = None
        elif self.draft_due_s is None:
            self.draft_due_s = now_s

    def _tell_final(self, final: transcriber.Finalized) -> None:
        self.final_due_s = None
        self._checkpoint = final.checkpoint
        kept = (final.sentences, final.draft, final.checkpoint, final.open_samples)
        self._emit(Finalized(self.stream_id, self.run, *kept))

    def _tell_progress(self) -> None:
        checkpoint = self._transcriber.checkpoint
        if checkpoint != self._checkpoint:
            self._checkpoint = checkpoint
            self._emit(Advanced(self.stream_id, self.run, checkpoint))
        if self._transcriber.done and not self.done:
            self.done = True
            self._tell_behind(0.0, behind=False)
            self._emit(Finished(self.stream_id, self.run))

    def _tell_behind(self, behind_s: float, *, behind: bool) -> None:
        if behind or self._told_behind:
            self._emit(Behind(self.stream_id, self.run, round(behind_s * 1000) if behind else 0))
        self._told_behind = behind

    @property
    def _backlog(self) -> int:
        known = self._resampler.available(self._through, finished=self._finishing)
        return max(0, known - self._transcriber.position)

    def _read(self, start: int, end: int) -> Pcm:
        return self._reader.read(self.stream_id, start, end)
