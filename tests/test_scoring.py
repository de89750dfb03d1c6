"""Scoring against jiwer and by hand."""

import random

import jiwer
import pytest

from meeting_service.scoring import (
    WordErrors,
    count_speaker_word_errors,
    count_word_errors,
    normalise,
)

WORDS = ["we", "ship", "the", "new", "release", "on", "friday", "if", "the", "tests", "pass"]


def random_text(source: random.Random, longest: int = 12) -> str:
    """Up to `longest` words, perhaps none."""
    return " ".join(source.choices(WORDS, k=source.randrange(longest)))


def test_normalise_keeps_words_only() -> None:
    """Case, punctuation and typographic apostrophes make no difference."""
    assert normalise("“Don’t panic!” — it's 24-7…") == ["don't", "panic", "it's", "24", "7"]


def test_equals_jiwer() -> None:
    """The count agrees with jiwer on random texts."""
    source = random.Random(7)
    for _ in range(200):
        reference, hypothesis = f"so {random_text(source)}", random_text(source)
        expected = jiwer.process_words(reference, hypothesis)

        counted = count_word_errors(reference, hypothesis)

        assert expected.substitutions + expected.deletions + expected.insertions == counted.errors
        assert counted.rate == pytest.approx(expected.wer)


def test_nothing_said() -> None:
    """Words heard where nothing was said are errors, not a division by zero."""
    assert WordErrors(2, 0) == count_word_errors("", "hello there")
    assert WordErrors(2, 0).rate == 2.0


def test_known_speakers_are_not_exchanged() -> None:
    """A sentence given to the wrong speaker counts as lost there and invented here."""
    references = {"ann": "good morning", "ben": "hello"}

    swapped = count_speaker_word_errors(references, {"ann": "hello", "ben": "good morning"})

    assert WordErrors(4, 3) == swapped
