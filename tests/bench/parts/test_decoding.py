"""Decoding together beside one by one."""

from meeting_service.bench.context import Context
from meeting_service.bench.parts.decoding import measure_speedup
from meeting_service.bench.speech import list_sentences


def test_both_ways_are_measured(context: Context) -> None:
    """Two sentences give their tokens, and both ways take time."""
    audio = [sentence.samples for sentence in list_sentences()[:2]]
    speedup = measure_speedup("bundled", context.bundled, audio, rounds=1)

    assert speedup.tokens > 15
    assert speedup.ratio > 0
    assert speedup.cpu_ratio > 0
