"""What the writer is asked to do; each request carries the future its caller waits for."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from meeting_service.audio import AudioChunk, Gap
from meeting_service.ledger.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Append:
    """Keep these chunks, all or none."""

    chunks: Sequence[AudioChunk]
    tails: Mapping[int, bytes]
    done: Future[dict[int, int]] = field(default_factory=Future)

    @property
    def size_bytes(self) -> int:
        """What it holds in memory while it waits."""
        return sum(chunk.pcm.nbytes for chunk in self.chunks)

    def plan(self, plan: Plan) -> dict[int, int]:
        """Its part of a transaction; returns what to answer after the commit."""
        return plan.append(self.chunks, self.tails)


@dataclass(frozen=True, slots=True, eq=False)
class RecordGap:
    """This audio will never come."""

    gap: Gap
    done: Future[int] = field(default_factory=Future)
    size_bytes: int = 0

    def plan(self, plan: Plan) -> int:
        """Its part of a transaction; returns what to answer after the commit."""
        return plan.record_gap(self.gap)


@dataclass(frozen=True, slots=True, eq=False)
class Delete:
    """Forget these streams; answered when nothing of them is left in the file."""

    stream_ids: Sequence[int]
    done: Future[None] = field(default_factory=Future)
    size_bytes: int = 0

    def plan(self, plan: Plan) -> None:
        """Its part of a transaction: from its commit on the streams are gone for everybody."""
        plan.doom(self.stream_ids)


Request = Append | RecordGap | Delete
