"""The lengths by which speech is found and laid out, in samples at 16 kHz."""

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.recognition import ENCODER_FRAME_SAMPLES
from meeting_service.settings import SegmenterSettings

SAMPLES_PER_MS = RECOGNITION_RATE_HZ // 1_000

VOICE_FRAME_SAMPLES = 512
"""what the voice network hears at once"""
LOOK_AHEAD_FRAMES = 32
"""heard together at most; those behind the end of an utterance are heard again"""

ONSET_FRAMES = 3
"""voice frames in a row that start an utterance; anything shorter is a click"""
HYSTERESIS = 0.15
"""how far below the threshold a frame still continues speech"""
PRE_ROLL_SAMPLES = 500 * SAMPLES_PER_MS
"""audio kept before the first voice frame, since soft onsets are heard late"""
HANG_OVER_SAMPLES = 300 * SAMPLES_PER_MS

LOOK_BACK_SAMPLES = PRE_ROLL_SAMPLES + ONSET_FRAMES * VOICE_FRAME_SAMPLES
"""how far before the newest frame an utterance may turn out to have begun"""
SILENCE_RUN_SAMPLES = 8 * RECOGNITION_RATE_HZ
"""silence after which the detector starts afresh, so that the position to resume from moves on"""

WHOLE_SAMPLES = 12 * RECOGNITION_RATE_HZ
"""speech without a pause that is decoded in one piece; more is cut at its weakest place"""
EARLIEST_CUT_SAMPLES = 6 * RECOGNITION_RATE_HZ
LATEST_CUT_SAMPLES = 10 * RECOGNITION_RATE_HZ
RIGHT_CONTEXT_SAMPLES = WHOLE_SAMPLES - LATEST_CUT_SAMPLES

SETTLED_SAMPLES = 700 * SAMPLES_PER_MS
"""audio heard after speech stopped before all said until then becomes final, though the utterance goes on"""
LEAST_SPAN_SAMPLES = 1 * RECOGNITION_RATE_HZ
LEAST_CONTEXT_SAMPLES = 25 * ENCODER_FRAME_SAMPLES
"""audio of its utterance heard before a short span, 2 s"""
MOST_CONTEXT_SAMPLES = 50 * ENCODER_FRAME_SAMPLES
"""audio heard before a long span, 4 s; in between as much as the span is long, which bounds the work"""

_SHORT_SAMPLES = 4 * RECOGNITION_RATE_HZ
_LONG_SAMPLES = 15 * RECOGNITION_RATE_HZ

_LONG_BREATH_SAMPLES = 7 * VOICE_FRAME_SAMPLES
_SHORT_BREATH_SAMPLES = 5 * VOICE_FRAME_SAMPLES
_SHORT_SPAN_SAMPLES = RECOGNITION_RATE_HZ * 3 // 2
_LONG_SPAN_SAMPLES = 5 * RECOGNITION_RATE_HZ


def pause_needed_samples(settings: SegmenterSettings, spoken_samples: int) -> int:
    """The pause that ends an utterance of this length: who has said much may be cut off sooner."""
    most, least = settings.min_silence_ms * SAMPLES_PER_MS, settings.long_silence_ms * SAMPLES_PER_MS
    return _shrink(most, least, spoken_samples, _SHORT_SAMPLES, _LONG_SAMPLES)


def breath_needed_samples(span_samples: int) -> int:
    """The pause at which a span of this length ends within its utterance."""
    lengths = _SHORT_SPAN_SAMPLES, _LONG_SPAN_SAMPLES
    return _shrink(_LONG_BREATH_SAMPLES, _SHORT_BREATH_SAMPLES, span_samples, *lengths)


def _shrink(most: int, least: int, grown: int, start: int, end: int) -> int:
    """From `most`, at `start` and before, down to `least`, at `end` and after."""
    return most + (least - most) * min(max(grown - start, 0), end - start) // (end - start)
