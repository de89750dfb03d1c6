"""Weights in 8 and 4 bits: how fast, how large, how accurate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.full_size import make_speech_like
from meeting_service.bench.part import Part
from meeting_service.bench.parts.accuracy import count_errors, make_sets, recognise_whole
from meeting_service.bench.speech import Spoken
from meeting_service.bench.timing import interleave, median_cpu_s
from meeting_service.recogniser import ModelPath, Recogniser, get_model, load_recogniser
from meeting_service.recogniser.loading import Weights
from meeting_service.recognition import Window
from meeting_service.settings import SegmenterSettings

FEW: tuple[Weights, ...] = ("8bit", "4bit")
WINDOW_S = 6


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to keep the weights."""

    weights: str
    wer: float
    """of the bundled model, percent"""
    size_mb: float
    speed: float
    """windows a second of CPU, as a multiple of what all bits do"""


def measure_errors(
    recogniser: Recogniser, recordings: Sequence[Spoken], settings: SegmenterSettings
) -> float:
    """Word error rate of whole utterances, percent."""
    texts = [recognise_whole(recogniser, recording.samples, settings) for recording in recordings]
    return 100 * count_errors(recordings, texts).rate


def measure_speed(recogniser: Recogniser, other: Recogniser, rounds: int) -> float:
    """How many times the windows of `recogniser` the `other` does in a second of CPU."""
    samples = make_speech_like(WINDOW_S)
    window = Window(samples, 0, 0, len(samples))
    ways = {"all": lambda: recogniser.recognise([window]), "few": lambda: other.recognise([window])}
    interleave(ways, 1)
    took = interleave(ways, rounds)
    return median_cpu_s(took["all"]) / median_cpu_s(took["few"])


def _run(context: Context) -> Iterator[Figure]:
    recordings = [recording for each in make_sets(quick=context.quick) for recording in each.recordings]
    settings, demo = context.settings.segmenter, get_model("demo")
    errors = {"all": measure_errors(context.bundled, recordings, settings)}
    for weights in FEW:
        context.say(f"accuracy in {weights}")
        errors[weights] = measure_errors(load_recogniser(demo, weights), recordings, settings)
    model = "bundled" if context.quick else "full-size"
    whole = context.bundled if context.quick else context.full_size
    path = demo if context.quick else context.full_size_path
    kinds = [Kind(whole.model.weights, errors["all"], whole.model.size_bytes / 1e6, 1.0)]
    for weights in FEW:
        context.say(f"speed in {weights}")
        kinds.append(_measure_kind(whole, path, weights, errors[weights], context.choose(3, 5)))
    yield _figure(kinds, model)


def _measure_kind(whole: Recogniser, path: ModelPath, weights: Weights, wer: float, rounds: int) -> Kind:
    other = load_recogniser(path, weights)
    return Kind(weights, wer, other.model.size_bytes / 1e6, measure_speed(whole, other, rounds))


def _figure(kinds: Sequence[Kind], model: str) -> Figure:
    rows = tuple((k.weights, f"{k.speed:.2f}", f"{k.size_mb:,.0f}", f"{k.wer:.2f}") for k in kinds)
    value = {k.weights: {"speed": k.speed, "size_mb": k.size_mb, "wer": k.wer} for k in kinds}
    note = f"speed and size: {model} model; errors: bundled. A CPU computes with rounded weights in full"
    return Figure("quantised", value, note, rows=Rows(("weights", "speed ×", "MB", "WER %"), rows))


PART = Part("quantised", "weights in 8 and 4 bits", ("quantised",), 1.2, _run)
