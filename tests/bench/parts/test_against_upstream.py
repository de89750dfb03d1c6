"""Ours beside parakeet-mlx, on a few seconds."""

from pathlib import Path

from meeting_service.bench.context import Context
from meeting_service.bench.parts.against_upstream import Contest
from meeting_service.bench.speech import lay_out_meeting, list_sentences
from meeting_service.bench.upstream import Upstream
from meeting_service.recogniser import get_model
from meeting_service.scoring import count_word_errors


def test_the_same_audio_goes_through_both(context: Context, tmp_path: Path) -> None:
    """Both are measured over the same seconds with the same weights, and ours costs less."""
    contest = Contest("bundled", context.bundled, Upstream.load(get_model("demo")))
    streams = lay_out_meeting(6, people=2).streams
    comparison = contest.compare("meeting", tmp_path, streams, context.settings, from_s=4)

    assert comparison.seconds == 2
    assert comparison.upstream_s > 0
    assert comparison.ratio > 1


def test_upstream_hears_the_words() -> None:
    """Upstream is run as it should be: on a file it understands nearly everything."""
    sentence = list_sentences()[2]

    assert (
        count_word_errors(sentence.text, Upstream.load(get_model("demo")).transcribe(sentence.samples)).rate
        < 0.3
    )
