"""One participant's transcriber: segmenter, decoder state and assembly of one stream.

It neither recognises nor waits: whoever drives it takes windows out, has them recognised (together
with other transcribers' windows, if they like) and puts the hypotheses back in. Finals are taken
strictly in order, one at a time; drafts go their own way, and leave no trace in them.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from meeting_service.assembly import SentenceAssembler
from meeting_service.drafting import DraftLane, DraftRules, OpenSpeech
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import (
    DecoderState,
    DecodingConfig,
    Hypothesis,
    Samples,
    Span,
    Token,
    Unrecognised,
    Window,
)
from meeting_service.segmenter import Segmenter, Silence, SileroDetector, VoiceDetector
from meeting_service.settings import SegmenterSettings
from meeting_service.transcript import Draft, Sentence

ENOUGH_WINDOWS = 2
"""windows waiting with which a transcriber has enough to do"""


@dataclass(frozen=True, slots=True)
class Finalized:
    """What became final with one window."""

    span: Span
    tokens: Sequence[Token]
    sentences: Sequence[Sentence]
    """complete with this window; the open one's words come with a later window"""
    draft: Draft
    """how the sentence goes on that is not complete yet: its final words, and what drafts said after them"""
    checkpoint: Checkpoint
    """to be kept together with the sentences"""
    open_samples: int
    """speech that is final beyond it, that of an utterance which goes on"""
    open_transcribed_samples: int
    """of it, what has text"""


@dataclass(frozen=True, slots=True)
class _Work:
    """A span to decode with its audio."""

    span: Span
    samples: Samples
    due_at: int
    """position up to which the stream was heard when it was given out"""


@dataclass(frozen=True, slots=True)
class _Unheard:
    """Audio that cannot be heard, in its place among the others."""

    lost: Unrecognised


class Transcriber:
    """Turns one stream's audio into windows and their hypotheses into sentences.

    Audio in any pieces gives the same windows and sentences; so does a new transcriber that begins at
    a checkpoint of this one. Has no thread, clock or queue without a bound as long as audio is
    given only while `wants_audio`. Not for several threads.

    Args:
        stream: whose audio it is.
        settings: what counts as speech, and when an utterance is over.
        decoding: how tokens are chosen and cut into sentences.
        checkpoint: where to begin; audio is then accepted from its `resume` on.
        detector: this stream's own voice detector; Silero unless given.
        drafts: how often drafts are made.
    """

    def __init__(
        self,
        stream: Stream,
        settings: SegmenterSettings,
        decoding: DecodingConfig | None = None,
        *,
        checkpoint: Checkpoint | None = None,
        detector: VoiceDetector | None = None,
        drafts: DraftRules | None = None,
    ) -> None:
        self.stream = stream
        self._decoding = decoding or DecodingConfig()
        self._checkpoint = checkpoint or Checkpoint(stream.id)
        self._settings = settings
        self._detector = detector or SileroDetector()
        self._segmenter = Segmenter(settings, self._detector, self._checkpoint.resume)
        self._assembler = SentenceAssembler(stream, self._decoding.sentences)
        self._waiting: deque[_Work | Silence | _Unheard] = deque()
        self._final_window: Window | None = None
        self._drafts = DraftLane(drafts or DraftRules(), self._decoding)
        self._draft_tokens: Sequence[Token] = ()
        self._state: DecoderState | None = None
        self._speech_samples = self._checkpoint.speech_samples
        self._transcribed_samples = self._checkpoint.transcribed_samples
        self._given_up = set(self._checkpoint.given_up)
        self._withheld: frozenset[int] = frozenset()
        self._masked: list[Unrecognised] = []
        self._lost: list[Unrecognised] = []
        self._finished = False

    @property
    def position(self) -> int:
        """The position, at 16 kHz, of the sample to give next."""
        return self._segmenter.position

    @property
    def draft_tokens(self) -> Sequence[Token]:
        """What drafts add to the final tokens."""
        return self._draft_tokens

    @property
    def wants_audio(self) -> bool:
        """Whether more audio is of use now; false while windows wait to be recognised."""
        return not self._finished and len(self._waiting) < ENOUGH_WINDOWS

    @property
    def due(self) -> bool:
        """Whether speech waits to become final."""
        return bool(self._waiting)

    @property
    def due_start(self) -> int | None:
        """Where the speech begins that is to become final next."""
        work = self._waiting[0] if self._waiting else None
        return work.span.start if isinstance(work, _Work) else None

    @property
    def open_start(self) -> int | None:
        """Where the speech begins of which drafts are made."""
        return self._segmenter.span_start

    @property
    def caught_up_to(self) -> int:
        """Up to where all that can be final is: the position, or where it was when speech began to wait."""
        if self._waiting and isinstance(work := self._waiting[0], _Work):
            return work.due_at
        return self.position

    @property
    def done(self) -> bool:
        """Whether the stream was finished and all its text is final."""
        return self._finished and not self._waiting

    @property
    def checkpoint(self) -> Checkpoint:
        """How far everything is final. In silence it moves on without a window; then keep it as well."""
        return self._checkpoint

    def accept_audio(self, samples: Samples) -> None:
        """Hear what comes next, `(samples,)`; it is copied."""
        if self._finished:
            raise ValueError("the stream is finished")
        self._queue(self._segmenter.accept(samples))

    def pass_over(self, end: int) -> None:
        """Go on at `end`: audio up to there cannot be heard, and what was being said is over."""
        lost = Unrecognised(self.position, end)
        self._queue(self._segmenter.finish())
        self._waiting.append(_Unheard(lost))
        self._segmenter = Segmenter(self._settings, self._detector, end)
        self._pass_silence()

    def withhold_drafts(self, starts: Iterable[int]) -> None:
        """Make none of speech that begins at these samples, until it is final."""
        self._withheld = frozenset(starts)

    def take_lost(self) -> list[Unrecognised]:
        """What has become final without text since this was asked last."""
        lost, self._lost = self._lost, []
        return lost

    def finish(self) -> None:
        """No more audio comes; what was begun is over."""
        if not self._finished:
            self._queue(self._segmenter.finish())
            self._finished = True

    def take_work(self) -> Window | None:
        """The next window to make final, after `complete_known`; None while one is out or nothing is due."""
        if self._final_window is not None or not self._waiting:
            return None
        work = self._waiting[0]
        assert isinstance(work, _Work)  # noqa: S101 - silence never stays at the front
        span = work.span
        samples = self._mask(work.samples, span.context_start)
        self._final_window = Window(
            samples, span.context_start, span.start, span.end, self._state, self._decoding
        )
        return self._final_window

    def complete_known(self) -> Finalized | None:
        """Make the next span final without a window: if it is empty, given up, or known by a draft."""
        if self._final_window is not None or not self._waiting:
            return None
        work = self._waiting[0]
        assert isinstance(work, _Work)  # noqa: S101 - silence never stays at the front
        given_up = work.span.start in self._given_up
        hypothesis = None if given_up else self._drafts.take_known(work.span)
        if hypothesis is None and not work.span.empty and not given_up:
            return None
        self._waiting.popleft()
        return self._finalize(work.span, hypothesis)

    def complete(self, window: Window, hypothesis: Hypothesis | None) -> Finalized:
        """Make a window's tokens final; None says that it cannot be recognised, and its speech has no text.

        Raises:
            ValueError: the window is not the one that is out.
        """
        self._expect_final(window)
        self._final_window = None
        work = self._waiting.popleft()
        assert isinstance(work, _Work)  # noqa: S101 - a window was made of it
        return self._finalize(work.span, hypothesis)

    def draft_due(self, stretch: float = 1.0) -> bool:
        """Whether `draft_window` would give one out."""
        speech = self._open_speech()
        return speech is not None and not self._waiting and self._drafts.is_due(speech, stretch)

    def draft_window(self, stretch: float = 1.0) -> Window | None:
        """A window for the next draft, once it is worth its work; `stretch`, 1 and up, makes drafts rarer.

        None while text is waiting to become final, since what a draft begins with is not known before,
        and while a draft is out.
        """
        speech = self._open_speech()
        if speech is None or self._waiting:
            return None
        return self._drafts.next_window(speech, self._read, stretch)

    def complete_draft(self, window: Window, hypothesis: Hypothesis | None) -> Draft | None:
        """What the participant seems to be saying; None when it is already final, or was not recognised.

        Raises:
            ValueError: the window is not the draft that is out.
        """
        tokens = self._drafts.accept(window, hypothesis)
        if tokens is None:
            return None
        self._draft_tokens = tokens
        speech = self._open_speech()
        return self._assembler.draft(tokens, resting=speech is None or speech.resting)

    def _open_speech(self) -> OpenSpeech | None:
        heard = self._segmenter
        if heard.span_start is None or heard.context_start is None:
            return None
        if heard.speech_end is None or heard.expected_end is None:
            return None
        if heard.span_start in self._withheld or heard.span_start in self._given_up:
            return None
        ends = (heard.speech_end, heard.expected_end)
        return OpenSpeech(heard.span_start, heard.context_start, *ends, heard.position)

    def _queue(self, items: Sequence[Span | Silence]) -> None:
        for item in items:
            if isinstance(item, Span):
                samples = self._segmenter.samples(item.context_start, item.context_end)
                self._waiting.append(_Work(item, samples, self.position))
            elif self._waiting and isinstance(self._waiting[-1], Silence):
                self._waiting[-1] = item
            else:
                self._waiting.append(item)
        self._pass_silence()

    def _pass_silence(self) -> None:
        """Move on over what is at the front and needs nobody."""
        while self._waiting and not isinstance(item := self._waiting[0], _Work):
            self._waiting.popleft()
            if isinstance(item, _Unheard):
                self._speech_samples += item.lost.end - item.lost.start
                self._lost.append(item.lost)
                self._move_checkpoint(item.lost.end)
            else:
                self._move_checkpoint(item.through)

    def _finalize(self, span: Span, hypothesis: Hypothesis | None) -> Finalized:
        tokens = hypothesis.tokens if hypothesis else ()
        self._state = hypothesis.state if hypothesis and not span.last else None
        self._speech_samples += span.end - span.start
        self._transcribed_samples += span.end - span.start if hypothesis else 0
        if hypothesis is None and not span.empty:
            self._give_up(span)
        sentences = self._assembler.accept(span.utterance_start, tokens, last=span.last)
        if span.last:
            self._move_checkpoint(span.end)
        self._pass_silence()
        draft = self._settle_draft(span, tokens)
        open_samples = self._speech_samples - self._checkpoint.speech_samples
        open_transcribed = self._transcribed_samples - self._checkpoint.transcribed_samples
        return Finalized(span, tokens, sentences, draft, self._checkpoint, open_samples, open_transcribed)

    def _give_up(self, span: Span) -> None:
        """A span stays without text, also where recognition begins again at the checkpoint."""
        lost = Unrecognised(span.start, span.end)
        self._lost.append(lost)
        self._masked.append(lost)
        self._given_up.add(span.start)
        self._checkpoint = replace(self._checkpoint, given_up=tuple(sorted(self._given_up)))

    def _read(self, start: int, end: int) -> Samples:
        return self._mask(self._segmenter.samples(start, end), start)

    def _mask(self, samples: Samples, start: int) -> Samples:
        """Samples from `start` on, silent where the utterance was given up: that is not heard again."""
        for lost in self._masked:
            samples[max(lost.start - start, 0) : max(lost.end - start, 0)] = 0
        return samples

    def _settle_draft(self, span: Span, tokens: Sequence[Token]) -> Draft:
        """Go on after a final with what drafts have shown of the time after it."""
        self._drafts.begin(None if span.last else span.end, self._state)
        end = max(span.end, tokens[-1].end) if tokens else span.end
        later = () if span.last else [token for token in self._draft_tokens if token.start >= end]
        self._draft_tokens = later
        return self._assembler.settle_draft(self.position if span.last else end)

    def _move_checkpoint(self, resume: int) -> None:
        self._given_up = {start for start in self._given_up if start >= resume}
        self._masked.clear()
        figures = (self._speech_samples, self._transcribed_samples)
        self._checkpoint = Checkpoint(self.stream.id, resume, *figures, tuple(sorted(self._given_up)))

    def _expect_final(self, window: Window) -> None:
        if window is not self._final_window:
            raise ValueError("this window is not the one that was given out")
