"""Favoured phrases: how much likelier each next token is made by what was said so far.

Upstream's state machine reads letters: a state is the places in the phrases that have been reached, and
whether a word may go on. Asking it about every token of a vocabulary of 8192 takes 50 ms a state. But most
tokens neither go on with a phrase nor begin one, and gain the same as all others with their first letter: so
it is asked about few, in a millisecond or two.
"""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from parakeet_mlx import boost

WEIGHT_PER_LETTER = 0.5
"""What each letter of a phrase adds to the log-probability of a path that says it."""

REMEMBERED_TOKENS = 64
"""How far back a phrase may begin, in tokens."""

_REMEMBERED_STATES = 512
_REMEMBERED_STEPS = 1 << 16

Gains = NDArray[np.float32]


class Booster:
    """Watches tokens go by and says what the next one would gain; upstream's state machine in numbers.

    Its states are immutable and hashable; the booster itself only remembers what it computed.
    """

    def __init__(self, phrases: Sequence[str], pieces: Sequence[str]) -> None:
        """`pieces` is the model's vocabulary."""
        weights = {phrase: WEIGHT_PER_LETTER * len(phrase) for phrase in phrases if phrase.strip()}
        self._machine: Any = boost.words(weights)
        self._read = lru_cache(_REMEMBERED_STEPS)(self._machine.step)
        self._vocabulary = _Vocabulary.of(tuple(pieces))
        self._gains = lru_cache(_REMEMBERED_STATES)(self._compute_gains) if weights else None
        self._idle_gains = lru_cache(2)(self._compute_idle_gains)

    def start(self, recent_tokens: Sequence[int]) -> Hashable:
        """The state after tokens that earlier windows ended with."""
        state: Hashable = self._machine.start
        for token in recent_tokens:
            state, _ = self.advance(state, token)
        return state

    def advance(self, state: Hashable, token: int) -> tuple[Hashable, float]:
        """The state after `token`, and what it gained."""
        after, gain = state, -self.standing(state)
        for letter in self._vocabulary.texts[token]:
            after, weight = self._read(after, letter)
            gain += weight
        return after, gain + self.standing(after)

    def gains(self, state: Hashable) -> Gains | float:
        """What every token would gain, `(tokens,)`, or 0 for all where nothing is favoured."""
        return 0.0 if self._gains is None else self._gains(state)

    def standing(self, state: Hashable) -> float:
        """What phrases begun but not over have gained so far."""
        return float(self._machine.potential(state))

    def settlement(self, state: Hashable) -> float:
        """What must be added if the speech ends here: a phrase that is cut off gains nothing."""
        return float(boost.settle(self._machine, state))

    def _compute_gains(self, state: Any) -> Gains:
        reached, in_word = state
        idle: Any = (frozenset(), in_word)
        gains = self._idle_gains(idle)
        if not reached:
            return gains
        gains, standing = gains.copy(), self.standing(state)
        for letter, tokens in self._vocabulary.by_first_letter.items():
            after, weight = self._read(state, letter)
            if after == self._read(idle, letter)[0]:  # no phrase goes on with it
                gains[tokens] += weight - standing
            else:
                gains[tokens] = [self.advance(state, token)[1] for token in tokens.tolist()]
        return gains

    def _compute_idle_gains(self, idle: Any) -> Gains:
        """Where no phrase has begun: only tokens gain in which one begins."""
        gains = np.zeros(len(self._vocabulary.texts), np.float32)
        for letter, tokens in self._vocabulary.by_opening(in_word=idle[1]).items():
            if self._read(self._machine.start, letter)[0][0]:
                gains[tokens] = [self.advance(idle, token)[1] for token in tokens]
        return gains


class _Vocabulary:
    """A model's pieces by their letters; the same for all boosters."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self.texts = [piece.replace("▁", " ") for piece in pieces]
        first: dict[str, list[int]] = {}
        for token, text in enumerate(self.texts):
            first.setdefault(text[:1], []).append(token)
        self.by_first_letter = {letter: np.array(tokens) for letter, tokens in first.items() if letter}
        self._by_opening = [self._group_by_opening(in_word) for in_word in (False, True)]

    @classmethod
    @lru_cache(8)
    def of(cls, pieces: tuple[str, ...]) -> "_Vocabulary":
        """The one of these pieces."""
        return cls(pieces)

    def by_opening(self, *, in_word: bool) -> dict[str, list[int]]:
        """Tokens by the letters in them that a phrase may begin with, after a word's letter or not."""
        return self._by_opening[in_word]

    def _group_by_opening(self, in_word: bool) -> dict[str, list[int]]:
        groups: dict[str, list[int]] = {}
        for token, text in enumerate(self.texts):
            after_word = in_word
            for letter in text:
                is_word = _is_word(letter)
                if not (after_word and is_word):
                    groups.setdefault(letter, []).append(token)
                after_word = is_word
        return groups


@lru_cache(None)
def _is_word(letter: str) -> bool:
    """Whether upstream takes it for a part of a word, inside of which no phrase begins."""
    machine: Any = boost.words({})
    (_, is_word), _ = machine.step(machine.start, letter)
    return bool(is_word)
