"""One audio socket from its first word to its last: sends what streams have, hears what the service says."""

import asyncio
import json
import socket as sockets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType

from meeting_service.checksums import seal, unseal
from meeting_service.client.errors import PASSING, code_to_error
from meeting_service.client.stream import AudioStream
from meeting_service.errors import Corrupted, MeetingServiceError, TooFast, TooMany
from meeting_service.protocol import Bye, Hello, Open

CLOSE_PATIENCE_S = 5.0
"""for the answer to a bye"""
HANG_UP_S = 1.0
"""for a farewell to a service that may not be there any more"""


class AudioSocket:
    """Used once. Every message is checked, in both directions; the first that was changed ends it.

    Args:
        socket: connected, nothing said on it.
        meeting_id: said in the hello, should the address have been changed on its way.
        streams: shared with the connection, which adds to it and sets `wakeup`.
        silence_s: how long an answer may be due.
        on_word: called for each word of the service; `True` for one that shows that it takes audio.
    """

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        meeting_id: str,
        streams: Mapping[int, AudioStream],
        wakeup: asyncio.Event,
        silence_s: float,
        on_word: Callable[[bool], None],
    ) -> None:
        self._socket = socket
        self._connected: sockets.socket | None = socket.get_extra_info("socket")
        self._meeting_id = meeting_id
        self._streams = streams
        self._wakeup = wakeup
        self._silence_s = silence_s
        self._on_word = on_word
        self._announced: set[int] = set()
        self._due_since_s: float | None = None
        self._put_off: MeetingServiceError | None = None
        """why a stream cannot be opened for now"""
        self.refusal: MeetingServiceError | None = None
        """why the service ends it, if it has said so"""

    async def run(self) -> int | None:
        """Go on until all streams are finished or the socket ends; returns its close code.

        Raises:
            MeetingServiceError: something was changed on the way.
            ClientError, OSError: the connection broke, or is silent.
        """
        parts = (self._receive_all(), self._send_all(), self._watch())
        tasks = [asyncio.create_task(part, name="audio socket of a client") for part in parts]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            failures = [result for result in results if isinstance(result, Exception)]
            await self._hang_up(politely=not failures)
        if failures:
            raise failures[0]
        return self._socket.close_code

    async def _hang_up(self, *, politely: bool) -> None:
        # What still waits to be written would keep a dead connection open: the socket is shut under it.
        if self._connected is not None and not politely:
            with suppress(OSError):
                self._connected.shutdown(sockets.SHUT_RDWR)
        with suppress(TimeoutError, ClientError, OSError):
            async with asyncio.timeout(HANG_UP_S):
                await self._socket.close()

    # Sending

    async def _send_all(self) -> None:
        streams = self._open_streams()
        self._announced = {stream.number for stream in streams}
        await self._say(Hello([s.spec for s in streams], meeting=self._meeting_id).encode())
        while streams := self._open_streams():
            self._wakeup.clear()
            if not await self._send_round(streams):
                await self._wakeup.wait()
        await self._say(Bye().encode())
        await asyncio.sleep(CLOSE_PATIENCE_S)

    async def _send_round(self, streams: Iterable[AudioStream]) -> bool:
        """One message of each stream, so that none waits for another; whether there was any."""
        sent = False
        for stream in streams:
            if stream.number not in self._announced:
                self._announced.add(stream.number)
                message: str | bytes | None = Open([stream.spec]).encode()
            else:
                message = stream.next_message()
            if message is not None:
                await self._say(message)
            sent = sent or message is not None
        return sent

    async def _say(self, message: str | bytes) -> None:
        if self._due_since_s is None:
            self._due_since_s = _now_s()
        if isinstance(message, str):
            await self._socket.send_str(seal(message))
        else:
            await self._socket.send_bytes(message)

    def _open_streams(self) -> list[AudioStream]:
        return [stream for stream in self._streams.values() if not stream.finished.is_set()]

    # Receiving

    async def _receive_all(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.ERROR:
                raise ConnectionError(str(message.data) or "the socket failed")
            if message.type is not WSMsgType.TEXT or (text := unseal(message.data)) is None:
                raise Corrupted("a message of the service has no checksum")
            self._receive(json.loads(text))
            due = any(stream.due for stream in self._open_streams())
            self._due_since_s = _now_s() if due else None

    def _receive(self, fields: Mapping[str, Any]) -> None:
        kind = fields.get("type")
        self._on_word(kind in ("welcome", "ack"))
        match kind:
            case "welcome":
                for item in fields["streams"]:
                    if stream := self._streams.get(item["stream"]):
                        stream.link(item["through"], item["window_samples"])
            case "ack":
                if stream := self._streams.get(fields["stream"]):
                    stream.acknowledge(fields["through"], ended=fields.get("ended", False))
            case "nack":
                if stream := self._streams.get(fields["stream"]):
                    stream.go_back(fields["expected"])
            case "error":
                self._receive_error(fields)

    def _receive_error(self, fields: Mapping[str, Any]) -> None:
        error = code_to_error(str(fields.get("code")), str(fields.get("detail")))
        stream = self._streams.get(fields.get("stream", -1))
        if stream is None:
            self.refusal = error
        elif isinstance(error, TooFast):
            return  # of one message; the stream survives it
        elif isinstance(error, PASSING) and not isinstance(error, TooMany):
            self._put_off = error
        else:
            stream.fail(error)

    # Watching

    async def _watch(self) -> None:
        """Notice a service that takes everything and answers nothing; one that is idle is pinged.

        A stream that could not be opened for now is offered again on another socket.
        """
        while True:
            await asyncio.sleep(self._silence_s / 4)
            if self._put_off is not None:
                raise ConnectionError(self._put_off.detail)
            if self._due_since_s is not None and _now_s() - self._due_since_s > self._silence_s:
                raise ConnectionError(f"the service has answered nothing for {self._silence_s:g} s")


def _now_s() -> float:
    return asyncio.get_running_loop().time()
