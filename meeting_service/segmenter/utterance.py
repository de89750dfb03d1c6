"""The utterance that is being spoken: how far it was given out, and where it may be divided."""

from collections import deque
from dataclasses import dataclass, field

from meeting_service.recognition import ENCODER_FRAME_SAMPLES
from meeting_service.segmenter.gate import VoiceFrame
from meeting_service.segmenter.rules import (
    HANG_OVER_SAMPLES,
    LEAST_CONTEXT_SAMPLES,
    LEAST_SPAN_SAMPLES,
    MOST_CONTEXT_SAMPLES,
    SETTLED_SAMPLES,
    VOICE_FRAME_SAMPLES,
    breath_needed_samples,
)


@dataclass(frozen=True, slots=True)
class Breath:
    """A pause after which the utterance went on."""

    start: int
    end: int


@dataclass(slots=True)
class Utterance:
    """Speech whose end is not known yet."""

    start: int
    span_start: int
    speech_end: int
    weights_start: int
    weights: list[float] = field(default_factory=list)
    breaths: deque[Breath] = field(default_factory=deque)
    """those of the open span"""

    def hear(self, frame: VoiceFrame, end: int, threshold: float) -> None:
        """Go on with a frame that ends at `end`; from `threshold` on, its probability means voice."""
        self.weights.append(frame.weight)
        if frame.probability >= threshold:
            breath = Breath(self.speech_end, end - VOICE_FRAME_SAMPLES)
            if breath.end - breath.start >= breath_needed_samples(breath.start - self.span_start):
                self.breaths.append(breath)
            self.speech_end = end

    @property
    def spoken(self) -> bool:
        """Whether anything was said in the open span."""
        return self.speech_end > self.span_start

    @property
    def expected_end(self) -> int:
        """Where the open span ends if nothing more is said."""
        return self.speech_end + HANG_OVER_SAMPLES

    @property
    def earliest_context(self) -> int:
        """The first sample that may be heard for the open span, however long it becomes."""
        return max(self.start, self.span_start - MOST_CONTEXT_SAMPLES)

    def context_start(self, end: int) -> int:
        """The first sample to hear for the open span if it ends at `end`."""
        length = -(-(end - self.span_start) // ENCODER_FRAME_SAMPLES) * ENCODER_FRAME_SAMPLES
        return max(self.earliest_context, self.span_start - max(length, LEAST_CONTEXT_SAMPLES))

    def take_breath(self, heard: int) -> int | None:
        """The end of the open span if it is a breath, and enough was heard after it."""
        while self.breaths and heard - self.breaths[0].start >= SETTLED_SAMPLES:
            breath = self.breaths.popleft()
            if breath.start - self.span_start >= LEAST_SPAN_SAMPLES:
                middle = (breath.start + breath.end) // 2
                return middle - (middle - self.start) % ENCODER_FRAME_SAMPLES
        return None

    def begin_span(self, start: int) -> None:
        """Everything before `start` was given out."""
        self.span_start = start
        done = (start - self.weights_start) // VOICE_FRAME_SAMPLES
        del self.weights[:done]
        self.weights_start += done * VOICE_FRAME_SAMPLES
