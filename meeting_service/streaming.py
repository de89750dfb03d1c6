"""Live transcription of one stream for those who use this as a library: audio in, text out, in one thread.

with StreamingTranscriber(recogniser.recognise) as transcriber:
    for piece in microphone:
        transcriber.add_audio(piece)
        print(transcriber.result.text, transcriber.draft.text)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.drafting import DraftRules
from meeting_service.meeting import Stream
from meeting_service.recognition import DecodingConfig, Hypothesis, Samples, Token, Window
from meeting_service.segmenter import VoiceDetector
from meeting_service.settings import SegmenterSettings, load_settings
from meeting_service.transcriber import Finalized, Transcriber
from meeting_service.transcript import Draft, Sentence

Recognise = Callable[[Sequence[Window]], Sequence[Hypothesis]]
"""From windows to their hypotheses, in the same order."""

_ALONE = Stream(id=0, meeting_id="", participant_id="", rate_hz=RECOGNITION_RATE_HZ, anchor_ms=0)
_NO_DRAFT = Draft(_ALONE.participant_id, 0, 0, "")


@dataclass(frozen=True, slots=True)
class StreamResult:
    """All that is final."""

    sentences: Sequence[Sentence]

    @property
    def text(self) -> str:
        """The sentences as one text."""
        return " ".join(sentence.text for sentence in self.sentences)


class StreamingTranscriber:
    """Recognises one stream while it is spoken. Recognition runs inside the calls; not for several threads.

    What becomes final depends on the audio alone, not on how it was cut into pieces. All final tokens
    and sentences are kept here until it is let go; who transcribes for days uses `Transcriber`.

    Args:
        recognise: what turns windows into hypotheses; it decides in which thread that happens.
        decoding: how tokens are chosen and cut into sentences.
        settings: what counts as speech; those of the configuration unless given.
        draft_interval_ms: least new audio between two drafts; None makes none.
        stream: names the participant and says where in the meeting the first sample is.
        detector: this stream's own voice detector; Silero unless given.
    """

    def __init__(
        self,
        recognise: Recognise,
        decoding: DecodingConfig | None = None,
        *,
        settings: SegmenterSettings | None = None,
        draft_interval_ms: int | None = 600,
        stream: Stream = _ALONE,
        detector: VoiceDetector | None = None,
    ) -> None:
        settings = settings or load_settings().segmenter
        self._recognise = recognise
        self._makes_drafts = draft_interval_ms is not None
        drafts = DraftRules((draft_interval_ms or 0) * RECOGNITION_RATE_HZ // 1_000)
        self._transcriber = Transcriber(stream, settings, decoding, detector=detector, drafts=drafts)
        self._tokens: list[Token] = []
        self._sentences: list[Sentence] = []
        self._draft = _NO_DRAFT

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()

    @property
    def finalized_tokens(self) -> Sequence[Token]:
        """Tokens that will not change, from the stream's start; times are samples of the stream."""
        return tuple(self._tokens)

    @property
    def draft_tokens(self) -> Sequence[Token]:
        """What drafts add to them."""
        return tuple(self._transcriber.draft_tokens)

    @property
    def draft(self) -> Draft:
        """How the sentence reads that is not complete yet."""
        return self._draft

    @property
    def result(self) -> StreamResult:
        """The sentences so far."""
        return StreamResult(tuple(self._sentences))

    def add_audio(self, samples: Samples) -> Sequence[Sentence]:
        """Hear what comes next, 16 kHz, `(samples,)`, any number; returns the sentences completed by it."""
        before = len(self._sentences)
        for start in range(0, len(samples), RECOGNITION_RATE_HZ):
            self._transcriber.accept_audio(samples[start : start + RECOGNITION_RATE_HZ])
            self._finalize()
        self._make_draft()
        return self._sentences[before:]

    def finish(self) -> Sequence[Sentence]:
        """The stream is over: make the rest final; returns the sentences completed by it."""
        before = len(self._sentences)
        self._transcriber.finish()
        self._finalize()
        return self._sentences[before:]

    def _finalize(self) -> None:
        while finalized := self._transcriber.complete_known() or self._recognise_next():
            self._tokens += finalized.tokens
            self._sentences += finalized.sentences
            self._draft = finalized.draft

    def _recognise_next(self) -> Finalized | None:
        window = self._transcriber.take_work()
        return self._transcriber.complete(window, self._recognise([window])[0]) if window else None

    def _make_draft(self) -> None:
        if not self._makes_drafts or (window := self._transcriber.draft_window()) is None:
            return
        if draft := self._transcriber.complete_draft(window, self._recognise([window])[0]):
            self._draft = draft
