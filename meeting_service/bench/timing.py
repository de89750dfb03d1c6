"""CPU time, and comparisons that a busy machine cannot tilt."""

import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Took:
    """What one call took."""

    cpu_s: float
    """of this process, all its threads, and its children that have ended"""
    wall_s: float
    """by the clock"""


def cpu_seconds() -> float:
    """CPU time of this process, all its threads, and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def time_once(work: Callable[[], object]) -> Took:
    """What one call takes."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    work()
    return Took(cpu_seconds() - cpu, time.perf_counter() - wall)


def interleave(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[Took]]:
    """What every way takes, `rounds` times in turn: A B A B. Each should be warm."""
    took: dict[str, list[Took]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            took[name].append(time_once(work))
    return took


def median_cpu_s(took: Sequence[Took]) -> float:
    """The CPU seconds in the middle."""
    return statistics.median(t.cpu_s for t in took)


def least_wall_s(took: Sequence[Took]) -> float:
    """The shortest time by the clock: the one that was disturbed least."""
    return min(t.wall_s for t in took)
