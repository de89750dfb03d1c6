"""The words of a sentence as formats can carry them, each with its time."""

from collections.abc import Sequence
from itertools import pairwise

from meeting_service.exports.plain import clean, split_words
from meeting_service.transcript import Sentence, Word


def time_words(sentence: Sentence) -> list[Word]:
    """Clean words with times that never go back, never before the meeting, never past the sentence.

    Where the words that were heard are not those of the text, as after a correction, the sentence's time is
    shared out by their length.
    """
    texts = split_words(clean(sentence.text))
    known = texts == [clean(word.text) for word in sentence.words]
    heard = sentence.words if known else _share_out(texts, sentence)
    words: list[Word] = []
    latest = 0
    for text, word in zip(texts, heard, strict=True):
        latest = max(latest, min(word.start_ms, sentence.end_ms))
        words.append(Word(text, latest, max(latest, min(word.end_ms, sentence.end_ms)), word.confidence))
    return words


def _share_out(texts: Sequence[str], sentence: Sentence) -> list[Word]:
    edges = [0]
    for text in texts:
        edges.append(edges[-1] + len(text) + 1)
    span = sentence.end_ms - sentence.start_ms
    times = pairwise(sentence.start_ms + span * edge // max(edges[-1], 1) for edge in edges)
    return [
        Word(text, start, end, sentence.confidence) for text, (start, end) in zip(texts, times, strict=True)
    ]
