"""The lengths by which speech is found and laid out, in samples at 16 kHz."""

from meeting_service.audio import RECOGNITION_RATE_HZ
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
"""an utterance that ends within this is decoded in one piece"""
EARLIEST_CUT_SAMPLES = 6 * RECOGNITION_RATE_HZ
LATEST_CUT_SAMPLES = 10 * RECOGNITION_RATE_HZ
LEFT_CONTEXT_SAMPLES = 4 * RECOGNITION_RATE_HZ
RIGHT_CONTEXT_SAMPLES = WHOLE_SAMPLES - LATEST_CUT_SAMPLES

_SHORT_SAMPLES = 4 * RECOGNITION_RATE_HZ
_LONG_SAMPLES = 15 * RECOGNITION_RATE_HZ


def pause_needed_samples(settings: SegmenterSettings, spoken_samples: int) -> int:
    """The pause that ends an utterance of this length: who has said much may be cut off sooner."""
    most, least = settings.min_silence_ms, settings.long_silence_ms
    grown = min(max(spoken_samples - _SHORT_SAMPLES, 0), _LONG_SAMPLES - _SHORT_SAMPLES)
    return most * SAMPLES_PER_MS + (least - most) * SAMPLES_PER_MS * grown // (_LONG_SAMPLES - _SHORT_SAMPLES)
