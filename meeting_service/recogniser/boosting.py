"""Favoured phrases: how much likelier each next token is made by what was said so far."""

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


class Booster:
    """Watches tokens go by and says what the next one would gain; upstream's state machine in numbers.

    Its states are immutable and hashable; the booster itself only remembers what it computed.
    """

    def __init__(self, phrases: Sequence[str], pieces: Sequence[str]) -> None:
        """`pieces` is the model's vocabulary."""
        weights = {phrase: WEIGHT_PER_LETTER * len(phrase) for phrase in phrases if phrase.strip()}
        self._machine: Any = boost.lift(boost.words(weights), list(pieces))
        self._tokens = len(pieces)
        self._gains = lru_cache(_REMEMBERED_STATES)(self._compute_gains) if weights else None

    def start(self, recent_tokens: Sequence[int]) -> Hashable:
        """The state after tokens that earlier windows ended with."""
        state: Hashable = self._machine.start
        for token in recent_tokens:
            state, _ = self._machine.step(state, token)
        return state

    def advance(self, state: Hashable, token: int) -> tuple[Hashable, float]:
        """The state after `token`, and what it gained."""
        after, gain = boost.advance(self._machine, state, token)
        return after, float(gain)

    def gains(self, state: Hashable) -> NDArray[np.float32] | float:
        """What every token would gain, `(tokens,)`, or 0 for all where nothing is favoured."""
        return 0.0 if self._gains is None else self._gains(state)

    def standing(self, state: Hashable) -> float:
        """What phrases begun but not over have gained so far."""
        return float(self._machine.potential(state))

    def settlement(self, state: Hashable) -> float:
        """What must be added if the speech ends here: a phrase that is cut off gains nothing."""
        return float(boost.settle(self._machine, state))

    def _compute_gains(self, state: Hashable) -> NDArray[np.float32]:
        return np.array([self.advance(state, token)[1] for token in range(self._tokens)], np.float32)
