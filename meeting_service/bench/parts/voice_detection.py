"""What it costs to hear whether somebody speaks."""

from collections.abc import Iterator

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.bench.audio_time import PIECE_S, Listening
from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure
from meeting_service.bench.part import Part
from meeting_service.bench.speech import speak_without_pause
from meeting_service.bench.timing import interleave, median_cpu_s
from meeting_service.recognition import Samples
from meeting_service.segmenter import Segmenter, SileroDetector
from meeting_service.settings import SegmenterSettings

_PIECE_SAMPLES = round(PIECE_S * RECOGNITION_RATE_HZ)


def segment(samples: Samples, settings: SegmenterSettings) -> None:
    """Find the utterances of one stream, which arrives in the pieces of life."""
    segmenter = Segmenter(settings, SileroDetector())
    for start in range(0, len(samples), _PIECE_SAMPLES):
        segmenter.accept(samples[start : start + _PIECE_SAMPLES])
    segmenter.finish()


def _run(context: Context) -> Iterator[Figure]:
    seconds = context.choose(10, 60)
    samples, settings = speak_without_pause(seconds), context.settings
    listening = Listening(context.scratch, [samples], settings)
    engine = context.bundled
    context.say("over speech")
    segment(samples[:RECOGNITION_RATE_HZ], settings.segmenter)
    ways = {
        "vad": lambda: segment(samples, settings.segmenter),
        "all": lambda: listening.listen(engine),
    }
    took = {name: median_cpu_s(took) for name, took in interleave(ways, rounds=3).items()}
    share = took["vad"] / took["all"]
    note = f"one who never pauses; {100 * share:.1f} % of all recognition with the bundled model"
    details = {"share_bundled": share, "all_ms_per_s": 1_000 * took["all"] / seconds}
    yield Figure("vad_ms_per_s", 1_000 * took["vad"] / seconds, note, details=details)


PART = Part("vad", "voice detection", ("vad_ms_per_s",), 0.2, _run)
