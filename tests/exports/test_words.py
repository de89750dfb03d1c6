"""Words with their times."""

from dataclasses import replace

from meeting_service.exports.words import time_words
from meeting_service.transcript import Word
from tests.exports.meetings import make_sentence


def test_words_that_were_heard_keep_times_and_confidence() -> None:
    """As they are, where they are the text's."""
    sentence = make_sentence(1, ("ann", 1_000, "Shall we begin?"))

    assert list(sentence.words) == time_words(sentence)


def test_other_words_share_the_sentences_time() -> None:
    """As after a correction, by their length, with the confidence of the sentence."""
    sentence = replace(make_sentence(1, ("ann", 1_000, "x y")), text="ab abcd", end_ms=9_000)

    assert [Word("ab", 1_000, 4_000, 0.9), Word("abcd", 4_000, 9_000, 0.9)] == time_words(sentence)


def test_times_never_go_back() -> None:
    """Nor before the meeting, nor past the sentence."""
    words = (Word("a", -50, 200, 0.5), Word("b", 100, 90, 0.5), Word("c", 5_000, 6_000, 0.5))
    sentence = replace(make_sentence(1, ("ann", 0, "a b c")), words=words, end_ms=400)

    assert [(0, 200), (100, 100), (400, 400)] == [(w.start_ms, w.end_ms) for w in time_words(sentence)]
