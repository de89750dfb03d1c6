"""Run as a process: appends to a ledger as fast as it can, prints every answer, and is killed."""

import asyncio
import sys
from pathlib import Path

import numpy as np

from meeting_service.audio import AudioChunk, Pcm
from meeting_service.ledger import Ledger

STREAMS = range(1, 6)


def sound(stream_id: int, start: int, end: int) -> Pcm:
    """What a stream says at a position: a function of both, with silence in it."""
    positions = np.arange(start, end, dtype=np.int64)
    values = (positions * 7_919 + stream_id * 104_729) % 65_536 - 32_768
    return np.where(positions // 20_000 % 3 == 1, 0, values).astype(np.int16)


async def main() -> None:
    """Every stream in a task of its own, from wherever it was left."""
    ledger = Ledger.open(Path(sys.argv[1]))

    async def write(stream_id: int) -> None:
        length = 300 + 977 * stream_id
        while True:
            start = ledger.through(stream_id)
            chunk = AudioChunk(stream_id, start, sound(stream_id, start, start + length))
            tail = start.to_bytes(8, "little")
            through = (await ledger.append([chunk], {stream_id: tail}))[stream_id]
            sys.stdout.write(f"{stream_id} {through}\n")
            sys.stdout.flush()

    await asyncio.gather(*(write(stream_id) for stream_id in STREAMS))


if __name__ == "__main__":
    asyncio.run(main())
