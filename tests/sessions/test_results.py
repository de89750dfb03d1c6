"""What becomes of the worker's answers."""

import asyncio

from meeting_service.meeting import NewMeeting
from meeting_service.settings import Settings
from meeting_service.worker.messages import CloseStream, OpenStream, StreamFailed
from tests.sessions.conftest import RATE_HZ, talk
from tests.sessions.parts import DeafWorker, run_on


async def test_the_worker_is_told_of_a_stream_that_is_given_up(settings: Settings) -> None:
    """So that it does no work for what nobody waits for."""
    worker = DeafWorker()
    async with run_on(settings, worker) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(talk(1, 2), 0)
        (opened,) = [command for command in worker.told if isinstance(command, OpenStream)]
        found = sessions.streams.find(opened.stream.id)
        assert found
        worker.says.put_nowait(StreamFailed(opened.stream.id, opened.run, "told to fail"))
        async with asyncio.timeout(10):
            await found[1].finished.wait()

    assert CloseStream(opened.stream.id) == worker.told[-1]
