"""Word error rate, the way every figure of the model card is counted."""

from collections.abc import Iterable
from dataclasses import dataclass

from meeting_service.scoring import WordErrors, count_word_errors


def _numbered(reference: str, hypothesis: str) -> tuple[str, str]:
    """Both texts with every different written word as a number, so that case and punctuation count."""
    numbers: dict[str, str] = {}
    texts = [
        [numbers.setdefault(word, f"w{len(numbers)}") for word in t.split()] for t in (reference, hypothesis)
    ]
    return " ".join(texts[0]), " ".join(texts[1])


@dataclass(frozen=True)
class Score:
    """Errors over a set of recordings."""

    recordings: int
    plain: WordErrors
    """Without case and punctuation."""
    written: WordErrors
    """With both."""


def score(pairs: Iterable[tuple[str, str]]) -> Score:
    """Score pairs of reference and hypothesis."""
    rows = list(pairs)
    nothing = WordErrors(0, 0)
    plain = sum((count_word_errors(*pair) for pair in rows), nothing)
    return Score(len(rows), plain, sum((count_word_errors(*_numbered(*pair)) for pair in rows), nothing))
