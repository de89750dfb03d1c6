"""Scoring against jiwer and by hand."""

import itertools
import random

import jiwer
import pytest

from meeting_service.scoring import (
    WordErrors,
    count_permuted_word_errors,
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


def test_permuted_speakers_are_exchanged() -> None:
    """With unknown speakers only the grouping matters."""
    references = {"ann": "good morning", "ben": "hello", "eve": "one two three"}

    counted = count_permuted_word_errors(references, {"1": "one two", "2": "good morning", "3": "hello"})

    assert WordErrors(1, 6) == counted


def test_permuted_equals_trying_all() -> None:
    """The best assignment is the one that trying every permutation finds, also with speakers missing."""
    source = random.Random(3)
    for _ in range(20):
        said = {str(n): f"so {random_text(source, 6)}" for n in range(4)}
        heard = {str(n): random_text(source, 6) for n in range(3)}
        texts = [*heard.values(), ""]
        expected = min(
            sum(count_word_errors(a, b).errors for a, b in zip(said.values(), order, strict=True))
            for order in itertools.permutations(texts)
        )

        assert expected == count_permuted_word_errors(said, heard).errors


def test_too_many_speakers_are_refused() -> None:
    """A search that would take minutes is not begun."""
    with pytest.raises(ValueError, match="17 speakers"):
        count_permuted_word_errors({str(n): "a" for n in range(17)}, {})
