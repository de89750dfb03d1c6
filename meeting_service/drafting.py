"""One stream's drafts: when the next is worth its work, what it recognises, and what its tokens add up to.

While little of an utterance is open, a draft recognises all of it anew. Later it goes on from a place that
moves along a moment behind the speaker, with a decoder state of its own, so that its work does not grow with
the utterance. In a pause it recognises just what becomes final if nothing more is said: if that is what
happens, it need not be recognised again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.recognition import (
    ENCODER_FRAME_SAMPLES,
    DecoderState,
    DecodingConfig,
    Hypothesis,
    Samples,
    Span,
    Token,
    Window,
)

WHOLE_SAMPLES = 3 * RECOGNITION_RATE_HZ
"""as long as no more than this is unsettled, a draft settles nothing; settling with every draft makes them
more frequent by a fifth, and twice as much of what a monologue shows is taken back"""
LEFT_SAMPLES = 12 * ENCODER_FRAME_SAMPLES
"""audio heard before the part to decode. Twice as much costs a monologue a fifth of its drafts and makes
them no better; half as much leaves them as good, but with half of `RIGHT_SAMPLES` too they are worse"""
RIGHT_SAMPLES = 12 * ENCODER_FRAME_SAMPLES
"""the newest audio, whose words are not settled yet; with three quarters of it, 1.7 times the words shown are
taken back"""
FINAL_SAMPLES = 5 * RECOGNITION_RATE_HZ
"""an utterance up to this long is recognised in a pause as if it ended there. Most do; longer ones, which a
wrong guess would cost dearly, go on as in speech"""
QUIET_SAMPLES = RECOGNITION_RATE_HZ // 8
"""quiet after which a draft waits for the next word, or the pause"""
MOST_CREDIT_SAMPLES = 6 * RECOGNITION_RATE_HZ
"""work that may be saved up for those who begin to speak"""

Read = Callable[[int, int], Samples]
"""A copy of a stream's samples from one position to another."""


@dataclass(frozen=True, slots=True)
class DraftRules:
    """How often drafts are made."""

    interval_samples: int = RECOGNITION_RATE_HZ * 6 // 10
    """least new audio between two"""
    first_samples: int = RECOGNITION_RATE_HZ * 9 // 10
    """least audio of an utterance for the first, its half second of pre-roll included"""
    growth: float = 0.4
    """least new audio, as a share of what is recognised with it: spreads drafts over what `work` allows"""
    work: float = 2.0
    """most audio recognised for drafts, per audio of utterances; what then becomes final does not count"""


@dataclass(frozen=True, slots=True)
class OpenSpeech:
    """What is being said, as far as it was heard; positions are samples of the stream."""

    start: int
    """where that begins which has not been given out to become final"""
    context_start: int
    """first sample that may be heard for it"""
    speech_end: int
    """sample after the last voice"""
    expected_end: int
    """where the utterance ends if nothing more is said"""
    heard: int
    """sample after the last one heard"""

    @property
    def resting(self) -> bool:
        """Whether the speaker pauses, perhaps for good."""
        return self.heard >= self.expected_end

    @property
    def end(self) -> int:
        """The last sample worth hearing."""
        return min(self.heard, self.expected_end)


class DraftLane:
    """Makes the draft windows of one stream. Not for several threads.

    What was settled by earlier drafts, like everything else here, never reaches a final.

    Args:
        rules: how often.
        decoding: how their tokens are chosen.
    """

    def __init__(self, rules: DraftRules, decoding: DecodingConfig) -> None:
        self._rules = rules
        self._decoding = decoding
        self._credit = float(MOST_CREDIT_SAMPLES)
        self._out: Window | None = None
        self._drafted_to = 0
        self.begin(None)

    def begin(self, start: int | None, state: DecoderState | None = None) -> None:
        """All before `start` is final, or nothing is open; `state` is what its decoding left."""
        self._start, self._state = start, state
        self._unsettled, self._unsettled_state = start or 0, state
        self._settled: list[Token] = []
        self._drafted_to = start or 0
        self._earned_to = start or 0
        self._known: tuple[Window, Hypothesis] | None = None
        self._out_of_date = True

    def is_due(self, speech: OpenSpeech, stretch: float = 1.0) -> bool:
        """Whether a draft is worth its work now, and none is out.

        Args:
            speech: what is being said.
            stretch: how much rarer than by the rules drafts are to be, 1 and up.
        """
        if self._out is not None:
            return False
        if self._start is None:
            self.begin(speech.start)
        self._earn(speech, stretch)
        return self._worth(speech, stretch)

    def next_window(self, speech: OpenSpeech, read: Read, stretch: float = 1.0) -> Window | None:
        """The next draft to recognise, if one is due; `read` gives its samples."""
        if not self.is_due(speech, stretch):
            return None
        self._out, self._out_of_date = self._make(speech, read), False
        self._credit -= len(self._out.samples)
        self._drafted_to = speech.end
        return self._out

    def accept(self, window: Window, hypothesis: Hypothesis | None) -> Sequence[Token] | None:
        """What drafts say of the open speech; None where that is final already or was not recognised.

        Raises:
            ValueError: the window is not the draft that is out.
        """
        if window is not self._out:
            raise ValueError("this window is not the draft that was given out")
        self._out = None
        if hypothesis is None or self._out_of_date:
            return None
        if window.tail:
            self._settled += hypothesis.tokens
            self._unsettled, self._unsettled_state = window.decode_end, hypothesis.state
            return [*self._settled, *hypothesis.tail]
        if window.decode_start != self._start:
            return [*self._settled, *hypothesis.tokens]
        self._known = (window, hypothesis)
        self._settled = [token for token in hypothesis.tokens if token.start < self._unsettled]
        return hypothesis.tokens

    def take_known(self, span: Span) -> Hypothesis | None:
        """What a draft has made of exactly this span, if one has."""
        if self._known is None:
            return None
        window, hypothesis = self._known
        drafted = (window.start, window.decode_start, window.decode_end, window.start + len(window.samples))
        if drafted != (span.context_start, span.start, span.end, span.context_end):
            return None
        self._credit += len(window.samples)
        return hypothesis

    def _earn(self, speech: OpenSpeech, stretch: float) -> None:
        new = max(0, speech.end - self._earned_to)
        self._earned_to += new
        self._credit = min(self._credit + self._rules.work / stretch * new, MOST_CREDIT_SAMPLES)

    def _worth(self, speech: OpenSpeech, stretch: float) -> bool:
        new, work = speech.end - self._drafted_to, speech.end - self._window_start(speech)
        if speech.resting:
            return new > (0 if self._ends(speech) else QUIET_SAMPLES) and self._credit > 0
        if speech.heard - speech.speech_end > QUIET_SAMPLES:
            return False
        first = self._drafted_to <= speech.start
        least = (
            self._rules.first_samples
            if first
            else max(self._rules.interval_samples, work * self._rules.growth)
        )
        return new >= least * stretch and self._credit >= min(work, MOST_CREDIT_SAMPLES)

    def _make(self, speech: OpenSpeech, read: Read) -> Window:
        if self._ends(speech):
            start, end = speech.context_start, speech.expected_end
            return Window(read(start, end), start, speech.start, end, self._state, self._decoding)
        first, end, state = self._unsettled, speech.end, self._unsettled_state
        start = self._window_start(speech)
        if end - first <= WHOLE_SAMPLES:
            return Window(read(start, end), start, first, end, state, self._decoding)
        settled = first + (end - RIGHT_SAMPLES - first) // ENCODER_FRAME_SAMPLES * ENCODER_FRAME_SAMPLES
        return Window(read(start, end), start, first, settled, state, self._decoding, tail=True)

    def _window_start(self, speech: OpenSpeech) -> int:
        if self._ends(speech):
            return speech.context_start
        return max(speech.context_start, self._unsettled - LEFT_SAMPLES)

    @staticmethod
    def _ends(speech: OpenSpeech) -> bool:
        """Whether to recognise everything open, as if it ended with this pause."""
        return speech.resting and speech.expected_end - speech.context_start <= FINAL_SAMPLES
