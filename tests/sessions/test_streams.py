"""What the worker is told of streams, and when."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from meeting_service.audio import AudioChunk
from meeting_service.ledger import Ledger
from meeting_service.meeting import NewMeeting
from meeting_service.settings import Settings
from meeting_service.worker.messages import FinishStream
from tests.sessions.conftest import RATE_HZ, talk
from tests.sessions.parts import DeafWorker, run_on


class HeldLedger(Ledger):
    """Stores nothing before it is let."""

    @classmethod
    def open(cls, path: Path, *, max_bytes: int | None = None) -> "HeldLedger":
        """Held from the beginning on."""
        held = super().open(path, max_bytes=max_bytes)
        assert isinstance(held, cls)
        held.asked, held.free = asyncio.Event(), asyncio.Event()
        return held

    asked: asyncio.Event
    free: asyncio.Event

    async def append(
        self, chunks: Sequence[AudioChunk], tails: Mapping[int, bytes] | None = None
    ) -> dict[int, int]:
        """Wait, then store."""
        self.asked.set()
        await self.free.wait()
        return await super().append(chunks, tails)


async def test_a_piece_in_flight_comes_before_the_end(settings: Settings) -> None:
    """Whoever is told that a piece is held has it recognised: the end waits for it, and tells of it."""
    worker = DeafWorker()
    async with run_on(settings, worker, ledger=HeldLedger) as sessions:
        ledger = sessions.ledger
        assert isinstance(ledger, HeldLedger)
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        piece = asyncio.create_task(audio.append(talk(1, 2), 0))
        await ledger.asked.wait()
        end = asyncio.create_task(sessions.end_participant("m", "ann", wait=False))
        for number in range(10):  # the store is free all the while
            await sessions.rename_meeting("m", f"Title {number}")
        waited = not end.done()
        ledger.free.set()
        await asyncio.gather(piece, end)
        (stream,) = await sessions.store.list_streams("m")

    assert waited
    assert FinishStream(stream.id, 2 * RATE_HZ) == worker.told[-1]
