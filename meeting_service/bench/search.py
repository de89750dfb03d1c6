"""The largest number of something that a machine takes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

NARROW = 0.1
"""of what is found, to which it is narrowed down"""


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, and whether it is more than a lower bound."""

    capacity: int
    complete: bool


def search(try_out: Callable[[int], bool], first: int, steps: int, good: int = 0) -> Search:
    """The largest number that `try_out` takes, from a first guess on, in at most so many tries.

    Doubles until one is too many, then halves what is between, up to a tenth of it. `good` is known to work.
    """
    bad, number = math.inf, max(first, good + 1)
    for _ in range(steps):
        if try_out(number):
            good = max(good, number)
        else:
            bad = min(bad, number)
        if bad - good <= max(1, NARROW * good):
            return Search(good, complete=True)
        number = 2 * good if math.isinf(bad) else int(good + bad) // 2
    return Search(good, complete=False)
