"""Audio made durable as fast as it goes: through the ledger, and as bare appends to a file.

So many streams have two pieces under way each, so that one group gathers while the one before is synced, and
send the next as soon as one is acknowledged. What is acknowledged with full sync and group commit is held
against the same without sync, turn by turn on the same disk, and against appending and syncing as many bytes
at once as the ledger's groups came to.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from meeting_service.audio import RECOGNITION_RATE_HZ, AudioChunk
from meeting_service.bench.load import PIECES_A_SECOND
from meeting_service.bench.unsynced import CountedConnection, UnsyncedConnection, connecting_with
from meeting_service.ledger import Ledger

PIECE_SAMPLES = RECOGNITION_RATE_HZ // PIECES_A_SECOND
UNDER_WAY = 2
_SOUND = np.random.default_rng(1).integers(-9_000, 9_000, PIECE_SAMPLES, dtype=np.int16)


@dataclass(slots=True)
class Turn:
    """What came of one turn."""

    pieces: int
    seconds: float
    group: float
    """pieces that shared a sync"""

    @property
    def rate(self) -> float:
        """Seconds of audio a second."""
        return self.pieces / PIECES_A_SECOND / self.seconds


@dataclass(slots=True)
class Turns:
    """All turns with one number of streams, in order."""

    streams: int
    synced: list[Turn] = field(default_factory=list)
    unsynced: list[Turn] = field(default_factory=list)
    raw: list[Turn] = field(default_factory=list)

    def ratio(self, other: Sequence[Turn]) -> float:
        """What is acknowledged with sync ÷ the other turns beside it: the one in the middle."""
        return float(np.median([a.rate / b.rate for a, b in zip(self.synced, other, strict=True)]))


class CountedLedger:
    """A ledger that is filled, in a file of its own. Owned by the loop."""

    def __init__(self, ledger: Ledger, connection: CountedConnection) -> None:
        self.ledger = ledger
        self._connection = connection

    @classmethod
    def open(cls, path: Path, kind: type[CountedConnection]) -> "CountedLedger":
        """A new ledger on connections of a kind."""
        with connecting_with(kind) as opened:
            ledger = Ledger.open(path)
        (connection,) = opened
        assert isinstance(connection, CountedConnection)  # noqa: S101 - as it was asked for
        return cls(ledger, connection)

    async def fill(self, streams: int, seconds: float) -> Turn:
        """Append to so many streams at once."""
        commits, begun_s = self._connection.commits, time.perf_counter()
        counts = await asyncio.gather(
            *(self._fill_one(stream_id, begun_s + seconds) for stream_id in range(1, streams + 1))
        )
        took_s = time.perf_counter() - begun_s
        return Turn(sum(counts), took_s, sum(counts) / max(self._connection.commits - commits, 1))

    async def _fill_one(self, stream_id: int, end_s: float) -> int:
        begun = position = self.ledger.through(stream_id)

        async def send() -> None:
            nonlocal position
            while time.perf_counter() < end_s:
                chunk = AudioChunk(stream_id, position, _SOUND)
                position += PIECE_SAMPLES
                await self.ledger.append([chunk])

        await asyncio.gather(*(send() for _ in range(UNDER_WAY)))
        return (position - begun) // PIECE_SAMPLES


def append_raw(path: Path, group: int, seconds: float) -> Turn:
    """Append as many pieces at once to a file and sync it, again and again."""
    data, pieces = _SOUND.tobytes() * group, 0
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        begun_s = time.perf_counter()
        while (took_s := time.perf_counter() - begun_s) < seconds:
            os.write(file, data)
            sync(file)
            pieces += group
    finally:
        os.close(file)
    return Turn(pieces, took_s, group)


def sync(file: int) -> None:
    """Have a file's data on the disk; macOS has no call for its data alone."""
    (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(file)


def compare(folder: Path, streams: int, rounds: int, seconds: float) -> Turns:
    """Take turns in a new folder; each kind has a file of its own, and all is removed."""
    folder.mkdir(parents=True)
    try:
        return asyncio.run(_compare(folder, streams, rounds, seconds))
    finally:
        shutil.rmtree(folder)


async def _compare(folder: Path, streams: int, rounds: int, seconds: float) -> Turns:
    turns = Turns(streams)
    async with AsyncExitStack() as stack:
        synced = CountedLedger.open(folder / "synced.db", CountedConnection)
        stack.push_async_callback(synced.ledger.close)
        unsynced = CountedLedger.open(folder / "unsynced.db", UnsyncedConnection)
        stack.push_async_callback(unsynced.ledger.close)
        for _ in range(rounds + 1):
            turns.synced.append(await synced.fill(streams, seconds))
            turns.unsynced.append(await unsynced.fill(streams, seconds))
            group = max(1, round(turns.synced[-1].group))
            turns.raw.append(append_raw(folder / "raw", group, seconds))
    for kind in (turns.synced, turns.unsynced, turns.raw):
        del kind[0]  # the first turn makes everything warm
    return turns
