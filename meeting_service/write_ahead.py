"""Whether the log beside a database is as it was written, as far as it must have been synced.

SQLite reads its write-ahead log up to the first frame that is not as it was written, and takes what follows
for a transaction that a cut of the power tore. That is right of the last transaction only: each one is synced
before the next is written. So where a later one follows, something has damaged the log since, and what was
acknowledged after that place would be lost without a word.

Not all that follows is later. A large transaction is written in part before its end; if it is rolled back,
those frames stay, and the next one is written over the first of them. Sums tell: each frame's go on from
those in the head of the one before it, whether that is damaged or not. A later transaction goes on from the
end of the one before; what was left behind goes on from frames that are not there any more.

The form of the file is described at https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
"""

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meeting_service.errors import CannotStart

_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24
_LITTLE, _BIG = 0x377F0682, 0x377F0683
_PAGE_SIZES = {1 << bits for bits in range(9, 17)}

_AT_ONCE = 1_024
"""frames, of a log that may be larger than memory"""

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]


def check_log(database: Path) -> None:
    """See that a database's log can be relied on, before anybody opens it. Blocks.

    Raises:
        CannotStart: it is damaged; says what to do.
    """
    log = database.with_name(f"{database.name}-wal")
    try:
        at = find_damage(log) if log.exists() else None
    except OSError as error:
        raise CannotStart(f"{log} cannot be read: {error.strerror}") from error
    if at is not None:
        raise CannotStart(
            f"{log} is damaged at byte {at}, and what was acknowledged after that is lost with it: restore a "
            f"backup; to go on with what was acknowledged before, truncate -s {at} {log}"
        )


def find_damage(log: Path) -> int | None:
    """The first byte of a log from which on it is not as it was written, though it was synced; None if it is.

    Raises:
        OSError: it cannot be read.
    """
    if log.stat().st_size < _HEADER_BYTES:
        return None
    content: Bytes = np.memmap(log, np.uint8, "r")
    header = content[:_HEADER_BYTES].view(">u4").astype(np.uint32)
    if not header.any():
        return None
    order = "<u4" if header[0] == _LITTLE else ">u4"
    begun = _sum(np.zeros(2, np.uint32), content[: _HEADER_BYTES - 8].view(order))
    if header[0] not in (_LITTLE, _BIG) or header[2] not in _PAGE_SIZES or (begun != header[6:]).any():
        return 0  # it is written and synced as a whole, before any frame
    frames = _Frames(content[_HEADER_BYTES:], int(header[2]), order, header[4:6])
    good = frames.count_good(begun)
    return _HEADER_BYTES + good * frames.size_bytes if frames.go_on_after(good) else None


class _Frames:
    """The frames of a log, `(frames, bytes)`; those that count have the header's salts, others are older."""

    def __init__(self, content: Bytes, page_bytes: int, order: str, salts: Words) -> None:
        self.size_bytes = _FRAME_HEADER_BYTES + page_bytes
        self._order = order
        count = len(content) // self.size_bytes
        self._frames = content[: count * self.size_bytes].reshape(count, self.size_bytes)
        self._heads = self._frames[:, :_FRAME_HEADER_BYTES].copy().view(">u4")
        self._mine = (self._heads[:, 2:4] == salts).all(axis=1)
        self._carry = _power((8 + page_bytes) // 8)

    def count_good(self, begun: Words) -> int:
        """Those from the first one on that are as they were written, after a header with these sums."""
        sums = begun
        for first in range(0, len(self._frames), _AT_ONCE):
            for number, part in enumerate(_weigh(self._read(first, first + _AT_ONCE)), first):
                sums = _times(self._carry, sums) + part
                if not self._mine[number] or (sums != self._heads[number, 4:6]).any():
                    return number
        return len(self._frames)

    def go_on_after(self, good: int) -> bool:
        """Whether a whole transaction follows that was written after the one that is not whole."""
        ends = np.flatnonzero(self._mine[good:] & (self._heads[good:, 1] > 0)) + good
        return any(self._go_on(int(end), int(later)) for end, later in pairwise(ends))

    def _go_on(self, end: int, through: int) -> bool:
        """Whether each frame after one, through another, was written behind the one before it."""
        for first in range(end + 1, through + 1, _AT_ONCE):
            last = min(first + _AT_ONCE, through + 1)
            before = self._heads[first - 1 : last - 1, 4:6].astype(np.uint32)
            sums = before @ self._carry.T + _weigh(self._read(first, last))
            if not self._mine[first:last].all() or (sums != self._heads[first:last, 4:6]).any():
                return False
        return True

    def _read(self, first: int, last: int) -> Words:
        """What is summed of some frames: the first half of their heads, and their pages."""
        some = self._frames[first:last]
        summed = np.concatenate([some[:, :8], some[:, _FRAME_HEADER_BYTES:]], axis=1)
        words: Words = summed.view(self._order).astype(np.uint32)
        return words


def _sum(sums: Words, words: Words) -> Words:
    """The sums after some more words."""
    more: Words = _weigh(words.astype(np.uint32)[None, :])[0]
    return _times(_power(len(words) // 2), sums) + more


def _weigh(words: Words) -> Words:
    """What rows of words add to the sums, `(rows, 2)`.

    For two words x and y the sums become s0 + s1 + x and s0 + 2 s1 + x + y: a matrix and something added, so
    that a whole row is one product with the matrix's powers.
    """
    first = words[:, 0::2]
    both = np.stack([first, first + words[:, 1::2]], axis=2)  # (rows, pairs, 2)
    weights = _weights(both.shape[1])
    return np.stack(
        [
            (both[:, :, 0] * weights[:, row, 0] + both[:, :, 1] * weights[:, row, 1]).sum(1, dtype=np.uint32)
            for row in (0, 1)
        ],
        axis=1,
    )


@cache
def _weights(pairs: int) -> Words:
    """The matrix's powers for each pair, the last one's first: `(pairs, 2, 2)`."""
    powers = np.empty((pairs, 2, 2), np.uint32)
    powers[pairs - 1] = np.eye(2, dtype=np.uint32)
    for at in range(pairs - 2, -1, -1):
        powers[at] = _step(powers[at + 1])
    return powers


def _power(pairs: int) -> Words:
    first: Words = _weights(pairs)[0]
    return _step(first)


def _step(power: Words) -> Words:
    """The power with one pair more behind it."""
    return np.stack([_times(power, np.array(column, np.uint32)) for column in ((1, 1), (1, 2))], axis=1)


def _times(matrix: Words, vector: Words) -> Words:
    product: Words = (matrix * vector).sum(axis=1, dtype=np.uint32)
    return product
