"""A campaign: one promise of the service, broken on purpose many times, and what came of it.

A module of `campaigns/` makes one and calls it `CAMPAIGN`; `run` finds it there. pytest runs the same code
with small numbers.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.faults import campaigns

PROMISES: Mapping[int, str] = MappingProxyType(
    {
        1: "Acknowledged audio survives `kill -9` of any process and power loss; the transcript is the same",
        2: "Sending again is harmless; a hole is asked for, a declared gap is shown",
        3: "A bot with our client goes through restarts, cuts and slow networks by itself",
        4: "A slow, stuck or crashing recogniser costs time, not audio, memory or the meeting",
        5: "One participant cannot harm another",
        6: "SIGTERM tells everybody, ends with 0 in time, and the rest continues after the start",
        7: "Disk full, failing syncs, damaged databases, jumping clocks: no false acknowledgement",
        8: "A watcher sees every final sentence once and in order",
        9: "Every second is accounted for; durable audio keeps pace",
        10: "What is deleted, or kept long enough, is gone from the files",
        11: "A backup made while running restores",
    }
)
"""what the README promises, by number"""


@dataclass(frozen=True, slots=True)
class Order:
    """What a campaign is asked to do."""

    folder: Path
    """empty, its own; kept if something fails"""
    size: int
    """how often to try"""
    seed: int = 1
    """decides everything that is left to chance"""
    say: Callable[[str], None] = print
    """tells people a line of progress"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    tried: int
    """how often the promise was put to the test"""
    failures: Sequence[str] = ()
    """a line for each time it was broken, with what is needed to see it again"""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """what was measured, by name with its unit; plain JSON"""


Run = Callable[[Order], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Campaign:
    """One promise, and how it is put to the test."""

    name: str
    """as `--only` has it"""
    promise: int
    """its number in `PROMISES`"""
    brief: str
    """for the README's table: what is done, in few words"""
    how: str
    """for `--list`: what is done and compared; a phrase"""
    run: Run
    size: int = 1
    """how often a whole run tries"""
    shown: Sequence[str] = ()
    """names of the figures in the README's table: one or two that say most"""


def list_campaigns() -> list[Campaign]:
    """All there are, by promise and name."""
    names = (module.name for module in pkgutil.iter_modules(campaigns.__path__))
    modules = (importlib.import_module(f"{campaigns.__name__}.{name}") for name in names)
    found: list[Campaign] = [module.CAMPAIGN for module in modules]
    return sorted(found, key=lambda campaign: (campaign.promise, campaign.name))
