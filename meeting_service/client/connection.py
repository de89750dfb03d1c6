"""One socket to one meeting for all streams of a client; it connects again by itself."""

import asyncio
import itertools
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from yarl import URL

from meeting_service.audio import Encoding, RawFormat
from meeting_service.client.errors import Unreachable, close_code_to_error, code_to_error
from meeting_service.client.patience import Patience
from meeting_service.client.stream import AudioStream
from meeting_service.errors import MeetingServiceError
from meeting_service.protocol import (
    RETRY_AT_ONCE,
    RETRY_LATER,
    SUBPROTOCOL,
    Bye,
    Hello,
    Open,
    StreamSpec,
)

HEARTBEAT_S = 15.0
CONNECT_PATIENCE_S = 10.0
CLOSE_PATIENCE_S = 5.0

_LOST = frozenset({None, 1000, 1001, 1005, 1006}) | RETRY_AT_ONCE | RETRY_LATER
"""closes after which the client comes back; any other is final"""
_HARMLESS = frozenset({"too_fast"})
"""refusals of a message that the stream survives"""


class AudioConnection:
    """Runs while it has streams. Owned by a `MeetingClient`; everything here runs on its event loop."""

    def __init__(self, session: ClientSession, url: URL, patience: Patience) -> None:
        self._session = session
        self._url = url
        self._patience = patience
        self._numbers = itertools.count(1)
        self._streams: dict[int, AudioStream] = {}
        self._announced: set[int] = set()
        self._wakeup = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._attempt = 0
        self._last_refusal: MeetingServiceError | None = None

    def open_stream(
        self, audio_format: RawFormat, participants: Mapping[str, str | None], captured_at: datetime | None
    ) -> AudioStream:
        """A new stream; `participants` are ids with their names, one per channel or one for all."""
        names = tuple(participants.values())
        spec = StreamSpec(next(self._numbers), audio_format, tuple(participants), names, captured_at)
        stream = AudioStream(spec, self._patience.buffer_s, self._wakeup.set)
        self._streams[spec.stream] = stream
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="audio connection")
        self._wakeup.set()
        return stream

    async def close(self) -> None:
        """Say bye and close the socket; streams that were not finished stay open in the service."""
        for stream in self._streams.values():
            stream.fail(Unreachable("the client was closed"))
        self._wakeup.set()
        if self._task is not None:
            try:
                async with asyncio.timeout(CLOSE_PATIENCE_S):
                    await asyncio.shield(self._task)
            except TimeoutError:
                self._task.cancel()
                with suppress(asyncio.CancelledError):
                    await self._task

    # The life of the connection

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        heard_s, detail = loop.time(), ""
        while self._open_streams():
            try:
                later = await self._serve()
                heard_s = loop.time()
            except MeetingServiceError as error:
                self._fail_all(error)
                return
            except (ClientError, OSError, TimeoutError) as error:
                later, detail = False, str(error) or type(error).__name__
            if loop.time() - heard_s > self._patience.give_up_s:
                self._fail_all(Unreachable(f"{self._url.origin()} does not answer: {detail}"))
            if self._open_streams():
                await asyncio.sleep(self._patience.delay_s(self._attempt, later=later))
                self._attempt += 1

    async def _serve(self) -> bool:
        """One socket's life. Returns whether to wait longer than usual before the next.

        Raises:
            MeetingServiceError: there is no use in coming back.
        """
        socket = await self._connect()
        receiver = asyncio.create_task(self._receive_all(socket), name="audio connection receiver")
        try:
            await self._send_all(socket, receiver)
        finally:
            receiver.cancel()
            with suppress(asyncio.CancelledError, ClientError, ConnectionError):
                await receiver
            await socket.close()
            for stream in self._streams.values():
                stream.unlink()
        return self._judge_close(socket.close_code)

    async def _connect(self) -> ClientWebSocketResponse:
        self._last_refusal = None
        try:
            async with asyncio.timeout(CONNECT_PATIENCE_S):
                socket = await self._session.ws_connect(
                    self._url, protocols=(SUBPROTOCOL,), heartbeat=HEARTBEAT_S, compress=0
                )
        except WSServerHandshakeError as error:
            if error.status < 500 and error.status not in (408, 429):
                raise MeetingServiceError(f"{self._url} refuses the socket: status {error.status}") from error
            raise
        streams = self._open_streams()
        self._announced = {stream.number for stream in streams}
        await socket.send_str(Hello([stream.spec for stream in streams]).encode())
        return socket

    def _judge_close(self, code: int | None) -> bool:
        if code not in _LOST and code is not None:
            raise self._last_refusal or close_code_to_error(
                code, f"the service closed the socket with {code}"
            )
        return code in RETRY_LATER

    def _fail_all(self, error: MeetingServiceError) -> None:
        for stream in self._open_streams():
            stream.fail(error)

    def _open_streams(self) -> list[AudioStream]:
        for number in [number for number, stream in self._streams.items() if stream.finished.is_set()]:
            del self._streams[number]
        return list(self._streams.values())

    # Sending

    async def _send_all(self, socket: ClientWebSocketResponse, receiver: "asyncio.Task[None]") -> None:
        receiver.add_done_callback(lambda _: self._wakeup.set())
        while not receiver.done():
            self._wakeup.clear()
            streams = self._open_streams()
            if not streams:
                await socket.send_str(Bye().encode())
                await asyncio.wait({receiver}, timeout=CLOSE_PATIENCE_S)
                return
            if not await self._send_round(socket, streams):
                await self._wakeup.wait()

    async def _send_round(self, socket: ClientWebSocketResponse, streams: Iterable[AudioStream]) -> bool:
        """One message of each stream, so that none waits for another; whether there was any."""
        sent = False
        for stream in streams:
            if stream.number not in self._announced:
                self._announced.add(stream.number)
                message: str | bytes | None = Open([stream.spec]).encode()
            else:
                message = stream.next_message()
            if isinstance(message, str):
                await socket.send_str(message)
            elif message is not None:
                await socket.send_bytes(message)
            sent = sent or message is not None
        return sent

    # Receiving

    async def _receive_all(self, socket: ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._receive(json.loads(message.data))

    def _receive(self, fields: Mapping[str, Any]) -> None:
        match fields.get("type"):
            case "welcome":
                for item in fields["streams"]:
                    if stream := self._streams.get(item["stream"]):
                        stream.link(item["through"], item.get("window_samples", fields["window_samples"]))
            case "ack":
                self._attempt = 0
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
            self._last_refusal = error
        elif error.code not in _HARMLESS:
            stream.fail(error)


def make_format(rate_hz: int, encoding: Encoding | str, channels: int) -> RawFormat:
    """The format of a stream; the service checks the ranges."""
    return RawFormat(Encoding(encoding), rate_hz, channels)
