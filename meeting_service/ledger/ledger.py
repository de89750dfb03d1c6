"""The ledger as the event loop sees it: ask, wait, and what is answered is durable."""

import asyncio
import fcntl
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from meeting_service.accounting import Inventory
from meeting_service.audio import AudioChunk, Gap, Pcm
from meeting_service.errors import CannotStart, InvalidAudio, StorageFailed
from meeting_service.ledger.plan import Held
from meeting_service.ledger.reader import LedgerReader
from meeting_service.ledger.requests import Append, Delete, Probe, RecordGap
from meeting_service.ledger.schema import describe_trouble, open_writer
from meeting_service.ledger.writer import Writer
from meeting_service.preflight import make_folder
from meeting_service.room import Room
from meeting_service.write_ahead import check_log

MAX_POSITION = 1 << 48
MAX_TAIL_BYTES = 1_024
COMPARED_AT_ONCE = 1 << 20
_NOTHING_HELD = Held()


class Ledger:
    """Durable audio by stream and position. One per file: a second one is refused while this one is open.

    Every method may be called from any task; what belongs to one stream is put in order by the writer.
    Cancelling a waiting call is harmless: the piece is either stored or not, and sending it again is
    idempotent.
    """

    def __init__(self, writer: Writer, path: Path, lock: IO[bytes]) -> None:
        self._lock = lock
        self._path = path
        self._damage: str | None = None
        self._writer = writer

    @classmethod
    def open(cls, path: Path, *, max_bytes: int | None = None, min_free_bytes: int = 0) -> "Ledger":
        """Open or create the file. Blocks: for start-up.

        Over `max_bytes` of the file, and with less than `min_free_bytes` left on the disk, is `DiskFull`.

        Raises:
            CannotStart: the file cannot be written, is another process's, is none of ours, or is damaged.
        """
        lock = _lock_for_writing(path)
        open_file = partial(open_writer, path, max_bytes=max_bytes)
        try:
            check_log(path)
            return cls(Writer(path, open_file, Room(path.parent, min_free_bytes)), path, lock)
        except sqlite3.Error as error:
            lock.close()
            raise CannotStart(describe_trouble(path, error)) from error
        except BaseException:
            lock.close()
            raise

    async def append(
        self, chunks: Sequence[AudioChunk], tails: Mapping[int, bytes] | None = None
    ) -> dict[int, int]:
        """Keep chunks, all in one transaction, all or none; returns samples held, by stream.

        What is already held is skipped. `tails` are the bytes of an unfinished sample after the last one,
        by stream; each replaces the former. The arrays must not be changed until this returns.

        Raises:
            AudioHole: a chunk begins after what is held; nothing is stored.
            NotFound: a stream was deleted.
            Overloaded: too much waits to be stored.
            StorageFailed: nothing is stored.
        """
        for chunk in chunks:
            _check_chunk(chunk)
        for tail in (tails or {}).values():
            if len(tail) > MAX_TAIL_BYTES:
                raise InvalidAudio(f"an unfinished sample of {len(tail)} bytes is none")
        request = Append(tuple(chunks), dict(tails or {}))
        self._writer.submit(request)
        return await request.done

    async def record_gaps(self, gaps: Sequence[Gap]) -> dict[int, int]:
        """Declare that audio will never come, all or none; what is held of it stays.

        Returns:
            Samples held, by stream.

        Raises:
            AudioHole: a gap begins after what is held; nothing is stored.
            NotFound, Overloaded, StorageFailed: as in `append`.
        """
        for gap in gaps:
            if not 0 <= gap.start_sample <= gap.end_sample <= MAX_POSITION:
                raise InvalidAudio(f"a gap from sample {gap.start_sample} to {gap.end_sample} is none")
        request = RecordGap(tuple(gaps))
        self._writer.submit(request)
        return await request.done

    @property
    def damage(self) -> str | None:
        """What was found not to be as it was written; None so far if nothing was."""
        return self._writer.damage or self._damage

    def note_damage(self, what: str) -> None:
        """Somebody who knows better than the file found that it lacks something."""
        self._damage = f"the audio ledger {self._path} is damaged: {what}"

    @property
    def failure(self) -> StorageFailed | None:
        """Why the last commit did not go well; None if it did."""
        return self._writer.failure

    async def check_writable(self) -> None:
        """Write something that changes nothing; after a failure this is how it is found to be over.

        Raises:
            Overloaded, StorageFailed: as in `append`.
        """
        request = Probe()
        self._writer.submit(request)
        await request.done

    def stream_ids(self) -> list[int]:
        """The streams of which anything is held."""
        return list(self._writer.holdings.held)

    def through(self, stream_id: int) -> int:
        """Samples held, gaps included; 0 for a stream nobody knows."""
        return self._writer.holdings.held.get(stream_id, _NOTHING_HELD).through

    def tail(self, stream_id: int) -> bytes:
        """The bytes of an unfinished sample after what is held."""
        return self._writer.holdings.held.get(stream_id, _NOTHING_HELD).tail

    def gaps(self, stream_id: int) -> list[Gap]:
        """The gaps of a stream in order; neighbours are joined."""
        return list(self._writer.holdings.gaps.get(stream_id, ()))

    async def is_same(self, stream_id: int, other_id: int, start: int, end: int) -> bool:
        """Whether two streams hold the same samples `[start, end)`; a gap is the same as silence.

        Raises:
            StorageFailed: one of them does not hold them all, or they are damaged.
        """
        return await asyncio.to_thread(_compare, self._path, stream_id, other_id, start, end)

    async def holds(self, stream_id: int, start: int, pcm: Pcm) -> bool:
        """Whether this is what is held from `start` on; a gap is the same as silence.

        Raises:
            StorageFailed: not all of it is held, or it is damaged.
        """
        held = await asyncio.to_thread(_read, self._path, stream_id, start, start + len(pcm))
        return bool(np.array_equal(held, pcm))

    async def take_inventories(self, stream_ids: Sequence[int]) -> dict[int, Inventory]:
        """What is held of streams, by their pieces; those of which nothing is are left out.

        What is held of one and cannot be read is counted as faulty.

        Raises:
            StorageFailed: it cannot be read.
        """
        found = await asyncio.to_thread(_take_inventories, self._path, stream_ids)
        faulty = [stream_id for stream_id, inventory in found.items() if inventory.faulty_samples]
        if faulty:
            self.note_damage(f"stream {faulty[0]} is not whole")
        return found

    async def delete(self, stream_ids: Sequence[int]) -> None:
        """Forget streams; when this returns nothing of them is left in the file.

        From the first moment on they are gone for everybody, and a process that dies meanwhile finishes
        when it starts again.

        Raises:
            Overloaded, StorageFailed: as in `append`.
        """
        request = Delete(tuple(stream_ids))
        self._writer.submit(request)
        await request.done

    async def close(self) -> None:
        """Store what waits, then let go of the file. May be called again."""
        await asyncio.to_thread(self._writer.close)
        self._lock.close()


def check_lock(path: Path) -> None:
    """See whether the file is nobody else's at this moment; its folder must be there.

    Raises:
        CannotStart: another process has it.
    """
    _lock_for_writing(path).close()


def _compare(path: Path, stream_id: int, other_id: int, start: int, end: int) -> bool:
    with closing(LedgerReader(path)) as reader:
        for first in range(start, end, COMPARED_AT_ONCE):
            last = min(first + COMPARED_AT_ONCE, end)
            if not np.array_equal(reader.read(stream_id, first, last), reader.read(other_id, first, last)):
                return False
    return True


def _read(path: Path, stream_id: int, start: int, end: int) -> Pcm:
    with closing(LedgerReader(path)) as reader:
        return reader.read(stream_id, start, end)


def _take_inventories(path: Path, stream_ids: Sequence[int]) -> dict[int, Inventory]:
    with closing(LedgerReader(path)) as reader:
        found = {stream_id: reader.take_inventory(stream_id) for stream_id in stream_ids}
    return {stream_id: inventory for stream_id, inventory in found.items() if inventory is not None}


def _check_chunk(chunk: AudioChunk) -> None:
    if chunk.pcm.dtype != np.int16 or chunk.pcm.ndim != 1:
        raise TypeError(f"the ledger keeps int16 (samples,), not {chunk.pcm.dtype} {chunk.pcm.shape}")
    if not 0 <= chunk.start_sample <= chunk.end_sample <= MAX_POSITION:
        raise InvalidAudio(f"no stream reaches sample {chunk.end_sample}")


def _lock_for_writing(path: Path) -> IO[bytes]:
    """The right to write this file; the system takes it back however the process ends."""
    try:
        make_folder(path.parent)
        lock = path.with_name(f"{path.name}.lock").open("wb")
    except OSError as error:
        raise CannotStart(f"the data folder {path.parent} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise CannotStart(
            f"another process is using the data folder {path.parent}: stop it, or choose another with --data"
        ) from error
    return lock
