"""What a child does at this moment, in memory that it shares with the service.

What was in work when the child died, or since when it is stuck, can be read there afterwards: that is how the
audio is found that crashes it. Writing there costs no system call, so that it can be done for every slice.
"""

import mmap
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from meeting_service.audio import RECOGNITION_RATE_HZ

SIZE = 4096
BLOCK_SAMPLES = RECOGNITION_RATE_HZ
"""most 16 kHz samples heard at once, never across a multiple of it: the longest that one stream keeps the
others waiting, and what is passed over where audio cannot be heard"""

_ALIVE = Struct("<Qd")
_BATCH = Struct("<QdI")
_ITEM = Struct("<iqq")
_ALIVE_AT, _BATCH_AT, _FEED_AT, _WINDOWS_AT = 0, 64, 128, 256
_MOST_WINDOWS = (SIZE - _WINDOWS_AT) // _ITEM.size


class Kind(IntEnum):
    """What is done with audio that may not stand it."""

    NOTHING = 0
    WINDOW = 1
    """a window is recognised; it is called by the first sample that it is to decode"""
    BLOCK = 2
    """a block of `BLOCK_SAMPLES` is heard; it is called by its first sample"""


class Item(NamedTuple):
    """A piece of a stream that is in work; the same audio is always the same item."""

    kind: Kind
    stream_id: int
    start: int
    """sample at 16 kHz"""

    def is_final(self, resume: int) -> bool:
        """Whether a checkpoint there leaves nothing of it to be done."""
        return self.start < resume if self.kind is Kind.WINDOW else self.start + BLOCK_SAMPLES <= resume


@dataclass(frozen=True, slots=True)
class Doing:
    """What the blackboard said at one moment."""

    beats: int
    """how often the child has said that it lives"""
    cpu_s: float
    """what it had computed by then"""
    batch: int
    """the number of the batch that runs, or ran last"""
    expected_s: float
    """how long that batch takes by what is known; 0 when none runs"""
    items: Sequence[Item]
    """in work"""


class Blackboard:
    """Written by the event loop of a child, read by its service, also when the child is dead."""

    def __init__(self, memory: mmap.mmap | bytearray, journal: int | None = None) -> None:
        self._memory = memory
        self._journal = journal
        self._batches = 0

    @classmethod
    def open(cls, fd: int, journal: int | None = None) -> "Blackboard":
        """The one behind a file descriptor, which may be closed then.

        Args:
            fd: of shared memory.
            journal: of a file that is to hold a copy of what is recognised, best effort and not synced.
        """
        return cls(mmap.mmap(fd, SIZE), journal)

    def beat(self) -> None:
        """Say that this process lives."""
        beats, _ = _ALIVE.unpack_from(self._memory, _ALIVE_AT)
        _ALIVE.pack_into(self._memory, _ALIVE_AT, beats + 1, time.process_time())

    @contextmanager
    def recognising(self, windows: Sequence[tuple[int, int]], expected_s: float) -> Iterator[None]:
        """While windows, each a stream's id and a sample, are recognised; none where it is only a try."""
        self._batches += 1
        for index, (stream_id, start) in enumerate(windows[:_MOST_WINDOWS]):
            at = _WINDOWS_AT + index * _ITEM.size
            _ITEM.pack_into(self._memory, at, Kind.WINDOW, stream_id, start)
        _BATCH.pack_into(self._memory, _BATCH_AT, self._batches, expected_s, len(windows[:_MOST_WINDOWS]))
        self._copy(_WINDOWS_AT + len(windows[:_MOST_WINDOWS]) * _ITEM.size)
        try:
            yield
        finally:
            _BATCH.pack_into(self._memory, _BATCH_AT, self._batches, 0.0, 0)
            self._copy(_BATCH_AT + _BATCH.size)

    @contextmanager
    def hearing(self, stream_id: int, start: int) -> Iterator[None]:
        """While a block of a stream, or a part of it, is heard."""
        _ITEM.pack_into(self._memory, _FEED_AT, Kind.BLOCK, stream_id, start)
        try:
            yield
        finally:
            _ITEM.pack_into(self._memory, _FEED_AT, Kind.NOTHING, 0, 0)

    def read(self) -> Doing:
        """What it says now."""
        beats, cpu_s = _ALIVE.unpack_from(self._memory, _ALIVE_AT)
        batch, expected_s, count = _BATCH.unpack_from(self._memory, _BATCH_AT)
        places = [_FEED_AT, *(_WINDOWS_AT + index * _ITEM.size for index in range(min(count, _MOST_WINDOWS)))]
        rows = (_ITEM.unpack_from(self._memory, at) for at in places)
        items = [Item(Kind(kind), *rest) for kind, *rest in rows if kind in (Kind.WINDOW, Kind.BLOCK)]
        return Doing(beats, cpu_s, batch, expected_s, items)

    def _copy(self, end: int) -> None:
        if self._journal is not None:
            with suppress(OSError):
                os.pwrite(self._journal, self._memory[_BATCH_AT:end], _BATCH_AT)


def make_shared_memory() -> int:
    """A file descriptor of `SIZE` bytes of zeros that no name leads to; to be closed by the caller."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("meeting-service")
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.ftruncate(fd, SIZE)
    return fd
