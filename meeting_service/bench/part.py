"""A part of the bench: some figures that are measured together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure


@dataclass(frozen=True, slots=True)
class Part:
    """What can be chosen with `--part`."""

    name: str
    title: str
    """what it does, in a few words"""
    keys: tuple[str, ...]
    """the figures it gives"""
    minutes: float
    """about how long the whole of it takes on two cores"""
    run: Callable[[Context], Iterator[Figure]]
    """measures; yields figures as they are known, so that an interruption loses only the rest"""
    quick: bool = True
    """whether a quick run has time for it"""
