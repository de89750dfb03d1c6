"""The lengths by which speech is found and laid out, in samples at 16 kHz.

A pause ends an utterance, the sooner the longer it is; settings say how soon. A breath, too short for that,
ends a span: when 0.7 s were heard since speech stopped, all said until then is decoded with those as context
and becomes final, though the utterance goes on. Speech without a breath is cut at its weakest place.

Measured with the bundled model on 68 minutes of synthesised talk, without a clock: from a sentence's last
sound to the audio at which it is final, where at least 0.3 s of pause follow, 0.8 s in the median and 0.95 s
at the 95th percentile (without breaths 3.7 and 9.7 s); audio encoded per audio of speech 1.64 (1.37). Word
errors 7.95 % (7.87 %; each utterance as one window 7.7 to 7.8 %), which moves by 0.1 with any change.
"""

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
"""audio heard since a breath began before all said until then becomes final. Word errors are the same with
0.9 and 1 s. They are with the breath alone as context, too, but only the bundled model was asked, which has
learnt from single sentences: others may take a breath for a sentence's end if they hear nothing after it"""
LEAST_SPAN_SAMPLES = 1 * RECOGNITION_RATE_HZ
"""speech, its pre-roll included, before a breath counts"""
LEAST_CONTEXT_SAMPLES = 25 * ENCODER_FRAME_SAMPLES
"""audio of its utterance heard before a short span, 2 s"""
MOST_CONTEXT_SAMPLES = 50 * ENCODER_FRAME_SAMPLES
"""audio heard before a long span, 4 s; in between as much as the span is long, which bounds the work. Always
4 s cost 8 % more and always 8 s 40 %, for the same word errors"""

_SHORT_SAMPLES = 4 * RECOGNITION_RATE_HZ
_LONG_SAMPLES = 15 * RECOGNITION_RATE_HZ

_LONG_BREATH_SAMPLES = 7 * VOICE_FRAME_SAMPLES
"""while little was said, 224 ms; with 256 ms one sentence in twenty waits though a pause of 0.3 s follows"""
_SHORT_BREATH_SAMPLES = 5 * VOICE_FRAME_SAMPLES
"""when much was said, 160 ms; voice is heard to last some 60 ms longer than it does"""
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
