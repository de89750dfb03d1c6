"""Weights in few bits."""

from meeting_service.bench.context import Context
from meeting_service.bench.parts.quantised import measure_errors, measure_speed
from meeting_service.bench.speech import join, list_sentences
from meeting_service.recogniser import get_model, load_recogniser


def test_few_bits_hear_and_take_less_room(context: Context) -> None:
    """In 8 bits the bundled model still understands a sentence and is smaller."""
    whole, few = context.bundled, load_recogniser(get_model("demo"), "8bit")
    spoken = join(list_sentences()[:1], pauses=False)

    assert measure_errors(few, [spoken], context.settings.segmenter) < 20
    assert few.model.size_bytes < 0.9 * whole.model.size_bytes
    assert measure_speed(whole, few, rounds=1) > 0
