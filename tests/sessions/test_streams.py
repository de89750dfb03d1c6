"""What the worker is told of streams, and when."""

import asyncio

from meeting_service.settings import Settings
from meeting_service.worker.messages import FinishStream
from tests.sessions.conftest import RATE_HZ, talk
from tests.sessions.parts import DeafWorker, run_held


async def test_a_piece_in_flight_comes_before_the_end(settings: Settings) -> None:
    """Whoever is told that a piece is held has it recognised: the end waits for it, and tells of it."""
    worker = DeafWorker()
    async with run_held(settings, worker) as (sessions, ledger):
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        ledger.hold()
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
