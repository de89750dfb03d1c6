"""Work that is done in shares, side by side on the cores of a CPU."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Share = TypeVar("Share")
Result = TypeVar("Result")


class Cores:
    """Threads that wait for shares of work; they end when nobody holds this any more.

    One thread at a time may use it. What is done must let go of the interpreter, as NumPy does, or the shares
    run one after another.
    """

    def __init__(self, count: int) -> None:
        """`count` cores, the caller's included."""
        self._pool = ThreadPoolExecutor(count - 1, thread_name_prefix="core") if count > 1 else None
        self._count = count

    def map(self, compute: Callable[[Share], Result], shares: Sequence[Share]) -> list[Result]:
        """What `compute` makes of each share, in their order."""
        if self._pool is None or len(shares) == 1:
            return [compute(share) for share in shares]
        each = -(-len(shares) // self._count)
        groups = [shares[start : start + each] for start in range(0, len(shares), each)]
        others = [self._pool.submit(_compute, compute, group) for group in groups[1:]]
        results = _compute(compute, groups[0])
        for other in others:
            results += other.result()
        return results


def _compute(compute: Callable[[Share], Result], shares: Sequence[Share]) -> list[Result]:
    return [compute(share) for share in shares]
