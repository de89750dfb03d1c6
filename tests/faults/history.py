"""What bots and watchers saw, in the order they saw it; read by the checker and kept with a failure."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """What happened."""

    SENT = "sent"
    """audio `[start, end)` was given to the network"""
    ACKNOWLEDGED = "acknowledged"
    """the service said that it holds everything before `end`"""
    CONTINUES = "continues"
    """the service said, to who connected anew, that it holds everything before `end`"""
    GAP = "gap"
    """audio `[start, end)` was declared never to come"""
    ENDED = "ended"
    """the service confirmed the end of the stream"""
    LOST = "lost"
    """the connection or the answer was lost; `detail` says how"""
    EVENT = "event"
    """a watcher was told event `end`; `detail` is its kind and what it says"""
    KILLED = "killed"
    """something was killed; `detail` says what and where"""
    READY = "ready"
    """the service was there again, after `end` ms"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that one of them saw."""

    at_s: float
    """monotonic"""
    who: str
    kind: Kind
    participant: str = ""
    take: int = 0
    """which of the participant's streams, from 0"""
    start: int = 0
    """samples of the stream"""
    end: int = 0
    """samples of the stream, or a number as the kind says"""
    detail: str = ""


class History:
    """Grows only. One event loop."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.acknowledgements = 0
        self._held: dict[tuple[str, int], int] = {}
        self._news = asyncio.Event()

    def note(
        self,
        who: str,
        kind: Kind,
        participant: str = "",
        take: int = 0,
        start: int = 0,
        end: int = 0,
        detail: str = "",
    ) -> None:
        """Something happened now."""
        self.entries.append(Entry(time.monotonic(), who, kind, participant, take, start, end, detail))
        self.acknowledgements += kind is Kind.ACKNOWLEDGED
        if kind in (Kind.ACKNOWLEDGED, Kind.CONTINUES):
            self._held[participant, take] = max(end, self._held.get((participant, take), 0))
        self._news.set()

    async def wait(self) -> None:
        """Return when something more has happened."""
        self._news.clear()
        await self._news.wait()

    def of(self, *kinds: Kind) -> Iterator[Entry]:
        """Entries of these kinds, in order."""
        return (entry for entry in self.entries if entry.kind in kinds)

    def acknowledged(self, participant: str, take: int) -> int:
        """The most that was said to be held of a stream."""
        return self._held.get((participant, take), 0)

    def write(self, path: Path) -> None:
        """A JSON object a line."""
        path.write_text("".join(json.dumps(asdict(entry)) + "\n" for entry in self.entries))
