"""What it costs to hear whether somebody speaks."""

from collections.abc import Iterator

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure
from meeting_service.bench.part import Part
from meeting_service.bench.speech import speak_without_pause
from meeting_service.bench.timing import interleave, median_cpu_s
from meeting_service.recognition import Samples
from meeting_service.segmenter import Segmenter, SileroDetector
from meeting_service.settings import SegmenterSettings

_PIECE_SAMPLES = RECOGNITION_RATE_HZ // 5


def _segment(samples: Samples, settings: SegmenterSettings) -> None:
    segmenter = Segmenter(settings, SileroDetector())
    for start in range(0, len(samples), _PIECE_SAMPLES):
        segmenter.accept(samples[start : start + _PIECE_SAMPLES])
    segmenter.finish()


def _run(context: Context) -> Iterator[Figure]:
    seconds = context.choose(10, 60)
    samples, settings = speak_without_pause(seconds), context.settings.segmenter
    context.say("voice detection over speech")
    _segment(samples[:RECOGNITION_RATE_HZ], settings)
    took = interleave({"segmenter": lambda: _segment(samples, settings)}, rounds=3)["segmenter"]
    per_second_ms = 1_000 * median_cpu_s(took) / seconds
    yield Figure("vad_ms_per_s", per_second_ms, f"{seconds} s of speech without a pause")


PART = Part("vad", "voice detection", ("vad_ms_per_s",), 0.2, _run)
