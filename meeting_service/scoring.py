"""How far a transcript is from what was said: word errors, for one text and for several speakers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
MAX_SPEAKERS = 16
"""beyond this the search for the best assignment takes too long"""


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


def count_permuted_word_errors(references: Mapping[str, str], hypotheses: Mapping[str, str]) -> WordErrors:
    """The errors of cpWER: as above, with the assignment of speakers that has the fewest.

    Raises:
        ValueError: on more than `MAX_SPEAKERS` speakers.
    """
    size = max(len(references), len(hypotheses))
    if size > MAX_SPEAKERS:
        raise ValueError(f"{size} speakers are more than {MAX_SPEAKERS}")
    said = [*references.values(), *[""] * (size - len(references))]
    heard = [*hypotheses.values(), *[""] * (size - len(hypotheses))]
    pairs = [[count_word_errors(reference, hypothesis).errors for hypothesis in heard] for reference in said]
    words = sum(len(normalise(reference)) for reference in said)
    return WordErrors(_cheapest_assignment(pairs), words)


def _cheapest_assignment(costs: list[list[int]]) -> int:
    """The least sum of one entry per row and column of a square matrix, over sets of columns."""
    best = {0: 0}
    for row in costs:
        following: dict[int, int] = {}
        for taken, cost in best.items():
            for column, added in enumerate(row):
                chosen = taken | 1 << column
                if chosen != taken:
                    following[chosen] = min(cost + added, following.get(chosen, cost + added))
        best = following
    return min(best.values())
