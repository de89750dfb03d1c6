"""How far a transcript is from what was said: word errors, for one text and for several speakers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Substitutions, deletions and insertions, against the number of words said."""

    errors: int
    words: int

    def __add__(self, other: "WordErrors") -> "WordErrors":
        return WordErrors(self.errors + other.errors, self.words + other.words)

    @property
    def rate(self) -> float:
        """Errors per word said; each error counts as a whole where nothing was said."""
        return self.errors / max(1, self.words)


def normalise(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation; an apostrophe inside a word stays."""
    return _WORD.findall(text.lower().replace("’", "'"))


def count_word_errors(reference: str, hypothesis: str) -> WordErrors:
    """The fewest changes that make the hypothesis of the reference."""
    said, heard = normalise(reference), normalise(hypothesis)
    costs = list(range(len(heard) + 1))
    for row, word in enumerate(said, start=1):
        diagonal, costs[0] = costs[0], row
        for column, other in enumerate(heard, start=1):
            substitution = diagonal + (word != other)
            diagonal = costs[column]
            costs[column] = min(substitution, diagonal + 1, costs[column - 1] + 1)
    return WordErrors(costs[-1], len(said))


def count_speaker_word_errors(references: Mapping[str, str], hypotheses: Mapping[str, str]) -> WordErrors:
    """Word errors with every speaker's text joined, for speakers that are known by the same keys."""
    speakers = references.keys() | hypotheses.keys()
    counts = (count_word_errors(references.get(s, ""), hypotheses.get(s, "")) for s in speakers)
    return sum(counts, start=WordErrors(0, 0))
