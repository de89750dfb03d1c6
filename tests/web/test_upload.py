"""One body on its way into the ledger, from a connection that fails in every way one can."""

import asyncio
import errno

import pytest
from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from multidict import CIMultiDict, CIMultiDictProxy

from meeting_service.errors import InvalidRequest
from meeting_service.sessions import AudioInput
from meeting_service.web.audio_head import read_audio_head
from meeting_service.web.held_bodies import HeldBodies
from meeting_service.web.upload import Upload
from tests.audio_service import PCM_TYPE, AudioService, noise, to_bytes


@pytest.mark.parametrize("failure", [errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH])
async def test_a_connection_that_fails_is_broken_at_once(audio_service: AudioService, failure: int) -> None:
    """Whatever the system says of it, also that nothing was answered in time: what came is kept."""

    async def open_input(rate_hz: int, _channels: int) -> AudioInput:
        return await audio_service.sessions.open_input("m1", ["ann"], rate_hz)

    loop = asyncio.get_running_loop()
    connection = BaseProtocol(loop)
    connection.connection_made(asyncio.Transport())
    body = StreamReader(connection, 2**16, loop=loop)
    head = read_audio_head(CIMultiDictProxy(CIMultiDict({"Content-Type": PCM_TYPE})))
    upload = Upload(head, open_input, audio_service.settings.limits, HeldBodies(), asyncio.Event())
    body.feed_data(to_bytes(noise(8_000)))
    taking = asyncio.create_task(upload.run(body))
    async with asyncio.timeout(20):
        while not (upload.input and upload.input.through):  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.01)
    body.set_exception(OSError(failure, "as the system says"))
    with pytest.raises(InvalidRequest, match="broke"):
        async with asyncio.timeout(20):
            await taking

    assert audio_service.sessions.look("m1", {}).people["ann"].reconnecting
