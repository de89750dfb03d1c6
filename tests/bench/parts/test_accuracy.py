"""Word errors, four ways."""

from meeting_service.bench.context import Context
from meeting_service.bench.parts.accuracy import (
    count_errors,
    find_utterances,
    make_sets,
    recognise_whole,
)
from meeting_service.bench.speech import join, list_sentences


def test_whole_utterances_are_heard(context: Context) -> None:
    """With a pause between them two sentences are two utterances, and both are understood."""
    spoken = join(list_sentences()[:2], pauses=True)
    settings = context.settings.segmenter
    text = recognise_whole(context.bundled, spoken.samples, settings)

    assert len(find_utterances(spoken.samples, settings)) == 2
    assert count_errors([spoken], [text]).rate < 0.2


def test_recordings_are_short_and_long_with_and_without_pauses() -> None:
    """The whole run has minutes of each kind, the quick one less of all."""
    whole, quick = make_sets(quick=False), make_sets(quick=True)

    assert [s.name for s in whole] == [s.name for s in quick]
    assert all(s.seconds > 120 for s in whole)
    assert all(min(r.seconds for r in s.recordings) > 25 for s in whole[1:])
    assert sum(s.seconds for s in quick) < sum(s.seconds for s in whole) / 3
