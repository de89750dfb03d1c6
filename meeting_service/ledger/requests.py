"""What the writer is asked to do; each request carries a future of its caller's loop."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from meeting_service.audio import AudioChunk, Gap
from meeting_service.ledger.plan import Plan


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


@dataclass(frozen=True, slots=True, eq=False)
class Append:
    """Keep these chunks, all or none."""

    chunks: Sequence[AudioChunk]
    tails: Mapping[int, bytes]
    done: "asyncio.Future[dict[int, int]]" = field(default_factory=_future)

    @property
    def size_bytes(self) -> int:
        """What it holds in memory while it waits."""
        return sum(chunk.pcm.nbytes for chunk in self.chunks)

    def plan(self, plan: Plan) -> dict[int, int]:
        """Its part of a transaction; returns what to answer after the commit."""
        return plan.append(self.chunks, self.tails)


@dataclass(frozen=True, slots=True, eq=False)
class RecordGap:
    """This audio will never come, all or none of it."""

    gaps: Sequence[Gap]
    done: "asyncio.Future[dict[int, int]]" = field(default_factory=_future)
    size_bytes: int = 0

    def plan(self, plan: Plan) -> dict[int, int]:
        """Its part of a transaction; returns what to answer after the commit."""
        return plan.record_gaps(self.gaps)


@dataclass(frozen=True, slots=True, eq=False)
class Delete:
    """Forget these streams; answered when nothing of them is left, whatever else is being deleted."""

    stream_ids: Sequence[int]
    done: "asyncio.Future[None]" = field(default_factory=_future)
    size_bytes: int = 0

    def plan(self, plan: Plan) -> None:
        """Its part of a transaction: from its commit on the streams are gone for everybody."""
        plan.doom(self.stream_ids)


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Write something that changes nothing."""

    done: "asyncio.Future[None]" = field(default_factory=_future)
    size_bytes: int = 0

    def plan(self, plan: Plan) -> None:
        """Adds nothing; that it is asked for is enough to write."""


Request = Append | RecordGap | Delete | Probe
