"""From 16 kHz audio in any pieces to spans and positions to resume from.

The audio is heard in runs. A run begins with a fresh detector, its frames counted from its first
sample, and ends with an utterance or, in lasting silence, a few seconds later. The next run begins
where the former one's result ends, hearing a moment of audio again. So whatever follows such a place
depends on the audio after it alone, and recognition may start there as if nothing had been before.
"""

from dataclasses import dataclass

import numpy as np

from meeting_service.recognition import ENCODER_FRAME_SAMPLES, Samples, Span
from meeting_service.segmenter.cuts import weakest_place
from meeting_service.segmenter.detector import VoiceDetector
from meeting_service.segmenter.gate import VoiceFrame, VoiceGate
from meeting_service.segmenter.held import HeldAudio
from meeting_service.segmenter.rules import (
    EARLIEST_CUT_SAMPLES,
    HYSTERESIS,
    LATEST_CUT_SAMPLES,
    LOOK_AHEAD_FRAMES,
    LOOK_BACK_SAMPLES,
    ONSET_FRAMES,
    PRE_ROLL_SAMPLES,
    RIGHT_CONTEXT_SAMPLES,
    SAMPLES_PER_MS,
    SILENCE_RUN_SAMPLES,
    VOICE_FRAME_SAMPLES,
    WHOLE_SAMPLES,
    pause_needed_samples,
)
from meeting_service.segmenter.utterance import Utterance
from meeting_service.settings import SegmenterSettings


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is spoken before `through` that was not given out; recognition may resume there."""

    through: int


class Segmenter:
    """Finds the speech in one stream. Not for several threads; reads no clock, starts no task.

    Args:
        settings: what counts as speech, and when an utterance is over.
        detector: this stream's own; it is reset here.
        start: position of the first sample to come: 0, the end of an utterance, or a `Silence.through`.
    """

    def __init__(self, settings: SegmenterSettings, detector: VoiceDetector, start: int = 0) -> None:
        self._settings = settings
        self._gate = VoiceGate(detector)
        self._held = HeldAudio(start)
        self._begin_run(start)

    @property
    def position(self) -> int:
        """The position after the last sample heard."""
        return self._held.end

    @property
    def speaking(self) -> bool:
        """Whether an utterance is open."""
        return self._utterance is not None

    @property
    def utterance_start(self) -> int | None:
        """Where the open utterance began."""
        return self._utterance.start if self._utterance else None

    @property
    def span_start(self) -> int | None:
        """Where the open span begins: what was said since was not given out; None where nothing was."""
        return self._open.span_start if self._open else None

    @property
    def context_start(self) -> int | None:
        """The first sample to hear for the open span, if it ends where it is expected to."""
        return self._open.context_start(self._open.expected_end) if self._open else None

    @property
    def speech_end(self) -> int | None:
        """The sample after the last voice of the open span so far."""
        return self._open.speech_end if self._open else None

    @property
    def expected_end(self) -> int | None:
        """Where the open span ends if nothing more is said."""
        return self._open.expected_end if self._open else None

    @property
    def held_samples(self) -> int:
        """The room taken in memory, in samples."""
        return self._held.capacity_samples

    def samples(self, start: int, end: int) -> Samples:
        """A copy of `[start, end)`, `(end - start,)`.

        Held are the open span with its left context, and the spans just given out with theirs until
        the next call of `accept` or `finish`.

        Raises:
            ValueError: some of it is not held.
        """
        return self._held.read(start, end).copy()

    def accept(self, samples: Samples) -> list[Span | Silence]:
        """Hear what comes next, `(samples,)`, copied; returns what is known since, in order."""
        self._let_go()
        self._held.append(samples)
        return self._hear_held()

    def finish(self) -> list[Span | Silence]:
        """End the stream as if silence followed; the last item is the `Silence` at its end."""
        self._let_go()
        items = self._hear_held()
        self._hear_rest()
        while self._utterance:
            items.append(self._end_utterance(self._utterance))
            items += self._hear_held()
            self._hear_rest()
        self._begin_run(self.position)
        return [*items, Silence(self.position)]

    def _begin_run(self, start: int) -> None:
        self._gate.reset()
        self._run_start = start
        self._next = start
        self._onset_frames = 0
        self._utterance: Utterance | None = None

    def _let_go(self) -> None:
        quiet_from = max(self._run_start, self._next - LOOK_BACK_SAMPLES)
        self._held.discard_before(self._utterance.earliest_context if self._utterance else quiet_from)

    def _hear_held(self) -> list[Span | Silence]:
        items: list[Span | Silence] = []
        while count := min((self._held.end - self._next) // VOICE_FRAME_SAMPLES, LOOK_AHEAD_FRAMES):
            items += self._hear(self._held.read(self._next, self._next + count * VOICE_FRAME_SAMPLES))
        return items

    def _hear(self, samples: Samples) -> list[Span | Silence]:
        """Go through some frames; those behind the end of a run are left to be heard by the next."""
        items: list[Span | Silence] = []
        run = self._run_start
        for frame in self._gate.hear(samples.reshape(-1, VOICE_FRAME_SAMPLES)):
            if item := self._take(frame):
                items.append(item)
            if self._run_start != run:
                break
        return items

    def _hear_rest(self) -> None:
        """Hear the begun frame at the stream's end, as if silence followed; no decision is due in it."""
        rest = self._held.read(min(self._next, self._held.end), self._held.end)
        (frame,) = self._gate.hear(np.pad(rest, (0, VOICE_FRAME_SAMPLES - len(rest)))[None])
        self._next += VOICE_FRAME_SAMPLES
        if self._utterance:
            self._utterance.hear(frame, self._held.end, self._quiet_threshold)
        else:
            self._listen(frame)

    def _take(self, frame: VoiceFrame) -> Span | Silence | None:
        self._next += VOICE_FRAME_SAMPLES
        if self._utterance:
            return self._follow(self._utterance, frame)
        self._listen(frame)
        return self._rest_if_quiet()

    @property
    def _quiet_threshold(self) -> float:
        return self._settings.speech_threshold - HYSTERESIS

    def _listen(self, frame: VoiceFrame) -> None:
        """Open an utterance once enough voice frames came in a row."""
        voiced = frame.probability >= self._settings.speech_threshold
        self._onset_frames = self._onset_frames + 1 if voiced else 0
        if self._onset_frames == ONSET_FRAMES:
            onset = self._next - ONSET_FRAMES * VOICE_FRAME_SAMPLES
            start = max(self._run_start, onset - PRE_ROLL_SAMPLES)
            self._utterance = Utterance(start, start, min(self._next, self._held.end), self._next)

    def _rest_if_quiet(self) -> Silence | None:
        lasting = self._next - self._run_start >= SILENCE_RUN_SAMPLES
        if self._utterance or self._onset_frames or not lasting:
            return None
        through = self._next - LOOK_BACK_SAMPLES
        self._begin_run(through)
        return Silence(through)

    @property
    def _open(self) -> Utterance | None:
        """The open utterance, if something was said in it that was not given out."""
        return self._utterance if self._utterance and self._utterance.spoken else None

    def _follow(self, utterance: Utterance, frame: VoiceFrame) -> Span | None:
        utterance.hear(frame, self._next, self._quiet_threshold)
        spoken = utterance.speech_end - utterance.start
        if self._next - utterance.speech_end >= pause_needed_samples(self._settings, spoken):
            return self._end_utterance(utterance)
        if breath := utterance.take_breath(self._next):
            return self._end_span(utterance, breath, self._next)
        if self._next - utterance.span_start >= WHOLE_SAMPLES:
            return self._cut(utterance)
        return None

    def _end_utterance(self, utterance: Utterance) -> Span:
        """Give out the rest, which is empty where everything said was given out before."""
        start = end = utterance.span_start
        if utterance.spoken:
            end = min(utterance.expected_end, self._next, self._held.end)
        span = Span(utterance.start, start, end, utterance.context_start(end), end, last=True)
        self._begin_run(end)
        return span

    def _cut(self, utterance: Utterance) -> Span:
        """Give out the open span up to its weakest place; enough was heard for its right context."""
        start = utterance.span_start
        places = range(start + EARLIEST_CUT_SAMPLES, start + LATEST_CUT_SAMPLES + 1, ENCODER_FRAME_SAMPLES)
        end = weakest_place(utterance.weights, utterance.weights_start, places)
        return self._end_span(utterance, end, end + RIGHT_CONTEXT_SAMPLES)

    def _end_span(self, utterance: Utterance, end: int, context_end: int) -> Span:
        """Give out the open span; the utterance goes on, unless it has for too long."""
        start, context_start = utterance.span_start, utterance.context_start(end)
        last = end - utterance.start >= self._settings.max_utterance_s * 1_000 * SAMPLES_PER_MS
        if last:
            self._begin_run(end)
        else:
            utterance.begin_span(end)
        return Span(utterance.start, start, end, context_start, context_end, last)
