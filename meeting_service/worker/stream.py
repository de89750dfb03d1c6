"""One stream inside the worker: its place in the ledger, its transcriber, what waits to be recognised."""

from collections.abc import Callable

import structlog

from meeting_service import transcriber
from meeting_service.audio import RECOGNITION_RATE_HZ, Pcm
from meeting_service.drafting import DraftRules
from meeting_service.errors import AudioDamaged
from meeting_service.recognition import Hypothesis, Window
from meeting_service.resample import Resampler
from meeting_service.segmenter import VoiceDetector
from meeting_service.settings import RecognitionSettings, SegmenterSettings
from meeting_service.transcriber import Transcriber
from meeting_service.worker.blackboard import BLOCK_SAMPLES, Item, Kind
from meeting_service.worker.careful_reader import CarefulReader
from meeting_service.worker.messages import (
    Advanced,
    Behind,
    Drafted,
    Finalized,
    Finished,
    OpenStream,
    Reply,
    Survived,
)

log = structlog.get_logger()

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

    rests_until_s: float = 0.0
    """before then nothing is done for it"""

    def __init__(
        self,
        command: OpenStream,
        reader: CarefulReader,
        segmenter: SegmenterSettings,
        recognition: RecognitionSettings,
        emit: Callable[[Reply], None],
        detector: VoiceDetector,
    ) -> None:
        self.command = command
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
        self.checkpoint = command.checkpoint
        """the last one that was told"""
        self._suspects = {(kind, start): crashes for kind, start, crashes in command.suspects}
        self._transcriber.withhold_drafts(start for kind, start in self._suspects if kind == Kind.WINDOW)
        self._unheard = frozenset(command.unheard)
        self._through = 0
        self._finishing = False
        self._told_behind = command.behind
        self.done = False

    @property
    def suspected(self) -> bool:
        """Whether anything of it is suspected of crashing workers."""
        return bool(self._suspects)

    @property
    def block(self) -> int:
        """The first sample of the block that is heard next."""
        return self._transcriber.position // BLOCK_SAMPLES * BLOCK_SAMPLES

    @property
    def block_crashes(self) -> int:
        """How many workers died while they heard that block."""
        return self._suspects.get((Kind.BLOCK, self.block), 0)

    @property
    def final_crashes(self) -> int:
        """How many workers died of what is to become final next, or of drafts of it."""
        start = self._transcriber.due_start
        return 0 if start is None else self._suspects.get((Kind.WINDOW, start), 0)

    @property
    def open_start(self) -> int:
        """Where the speech begins of which drafts are made."""
        return self._transcriber.open_start or 0

    @property
    def through(self) -> tuple[int, bool]:
        """How much of the stream the ledger holds, and whether it ends there."""
        return self._through, self._finishing

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
        """Hear the rest of the block, or as much of it as there is; what of it is damaged is passed over.

        Raises:
            StorageFailed: the ledger cannot be read now.
        """
        start, block = self._transcriber.position, self.block
        end = min(block + BLOCK_SAMPLES, start + self._backlog)
        if block in self._unheard:
            self._transcriber.pass_over(end)
        elif end > start:
            self._hear(start, end)
        if end == block + BLOCK_SAMPLES:
            self._survived(Kind.BLOCK, block)
        if self._finishing and self._backlog == 0:
            self._transcriber.finish()
        self._settle(now_s, stretch)

    def _hear(self, start: int, end: int) -> None:
        try:
            samples = self._resampler.read(
                self._read, start, end, through=self._through, finished=self._finishing
            )
        except AudioDamaged as error:
            log.error("audio_damaged", stream=self.stream_id, detail=error.detail)
            if self.background:
                raise  # another text with less in it is worse than the one there is
            self._transcriber.pass_over(end)
        else:
            self._transcriber.accept_audio(samples)

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
            self._survived(Kind.WINDOW, window.decode_start)
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
        self.checkpoint = final.checkpoint
        text = (final.sentences, final.draft, final.checkpoint)
        open_samples = (final.open_samples, final.open_transcribed_samples)
        lost = self._transcriber.take_lost()
        self._emit(Finalized(self.stream_id, self.run, *text, *open_samples, lost))

    def _tell_progress(self) -> None:
        checkpoint = self._transcriber.checkpoint
        if checkpoint != self.checkpoint:
            self.checkpoint = checkpoint
            self._emit(Advanced(self.stream_id, self.run, checkpoint, self._transcriber.take_lost()))
        self._drop_suspects(checkpoint.resume)
        if self._transcriber.done and not self.done:
            self.done = True
            self._tell_behind(0.0, behind=False)
            self._emit(Finished(self.stream_id, self.run))

    def _survived(self, kind: Kind, start: int) -> None:
        if self._suspects.pop((kind, start), 0):
            self._emit(Survived(self.stream_id, kind, start))

    def _drop_suspects(self, resume: int) -> None:
        """What has become final in another way crashes nobody."""
        for kind, start in list(self._suspects):
            if Item(Kind(kind), self.stream_id, start).is_final(resume):
                self._survived(Kind(kind), start)

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
