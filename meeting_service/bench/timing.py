"""CPU time, and comparisons that a busy machine cannot tilt."""

import resource
import statistics
from collections.abc import Callable, Mapping, Sequence


def cpu_seconds() -> float:
    """CPU time of this process, all its threads, and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def time_once(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    before = cpu_seconds()
    work()
    return cpu_seconds() - before


def interleave(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of every way, `rounds` times in turn: A B A B. Each should be warm."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            took[name].append(time_once(work))
    return took


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios of each round."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))
