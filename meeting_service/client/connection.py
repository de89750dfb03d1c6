"""The connection of a client to one meeting, for all its streams; it connects again by itself."""

import asyncio
import itertools
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSServerHandshakeError
from yarl import URL

from meeting_service.audio import Encoding, RawFormat
from meeting_service.client.errors import DOUBTS, Unreachable, close_code_to_error, failure_to_error
from meeting_service.client.patience import Attempts, Patience
from meeting_service.client.reports import ConnectionReport, ConnectionState, Report
from meeting_service.client.socket import CLOSE_PATIENCE_S, AudioSocket
from meeting_service.client.stream import AudioStream
from meeting_service.errors import Corrupted, MeetingServiceError, Overloaded, ProtocolViolation
from meeting_service.protocol import RETRY_AT_ONCE, RETRY_LATER, SUBPROTOCOL, StreamSpec

MAX_MESSAGE_BYTES = 1 << 18
"""of the service; a length that the network made of another one is found out soon"""

_LOST = frozenset({None, 1000, 1001, 1005, 1006}) | RETRY_AT_ONCE | RETRY_LATER
"""closes after which the client comes back; any other is final"""


class AudioConnection:
    """Runs while it has streams. Owned by a `MeetingClient`; everything here runs on its event loop."""

    def __init__(
        self, session: ClientSession, url: URL, meeting_id: str, patience: Patience, report: Report
    ) -> None:
        self._session = session
        self._url = url
        self._meeting_id = meeting_id
        self._patience = patience
        self._report = report
        self._numbers = itertools.count(1)
        self._streams: dict[int, AudioStream] = {}
        self._wakeup = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._state = ConnectionState.CONNECTING
        self._doubts = 0

    def open_stream(
        self, audio_format: RawFormat, participants: Mapping[str, str | None], captured_at: datetime | None
    ) -> AudioStream:
        """A new stream; `participants` are ids with their names, one per channel or one for all."""
        self._open_streams()
        names = tuple(participants.values())
        number = next(self._numbers)
        spec = StreamSpec(number, audio_format, tuple(participants), names, captured_at, crc32=True)
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
        if self._task is None:
            return
        if self._state is ConnectionState.LIVE:
            await asyncio.wait({self._task}, timeout=CLOSE_PATIENCE_S)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    # The life of the connection

    async def _run(self) -> None:
        self._tell(ConnectionState.CONNECTING)
        try:
            await self._keep_connected()
            self._tell(ConnectionState.CLOSED)
        except MeetingServiceError as error:
            self._fail_all(error)
        except Exception as error:
            # Nobody may wait for a connection that is no more, whatever ended it.
            self._fail_all(MeetingServiceError(f"the connection failed: {error!r}"))
            raise

    async def _keep_connected(self) -> None:
        attempts = Attempts(self._patience, self._tell_lost)
        while self._open_streams():
            try:
                loss = await self._serve(attempts)
            except (ClientError, OSError, TimeoutError, ValueError) as error:
                loss = failure_to_error(self._url, error)
            if self._open_streams():
                await attempts.wait(loss)

    async def _serve(self, attempts: Attempts) -> MeetingServiceError:
        """One socket's life; returns why it is over.

        Raises:
            MeetingServiceError: there is no use in coming back.
            ClientError, OSError, TimeoutError, ValueError: it broke.
        """

        def hear(taking_audio: bool) -> None:
            attempts.succeeded()
            if taking_audio:
                self._doubts = 0
                self._tell(ConnectionState.LIVE)

        try:
            connected = await self._connect()
            silence_s = self._patience.silence_s
            socket = AudioSocket(
                connected, self._meeting_id, self._streams, self._wakeup, silence_s, on_word=hear
            )
            return self._judge(await socket.run(), socket.refusal)
        except Corrupted as error:
            return error
        except WSServerHandshakeError as error:
            return self._judge_handshake(error)
        finally:
            for stream in self._streams.values():
                stream.unlink()

    async def _connect(self) -> ClientWebSocketResponse:
        async with asyncio.timeout(self._patience.silence_s):
            return await self._session.ws_connect(
                self._url,
                protocols=(SUBPROTOCOL,),
                # An idle socket is pinged after two thirds of the patience; the answer has the last one.
                heartbeat=self._patience.silence_s * 2 / 3,
                max_msg_size=MAX_MESSAGE_BYTES,
                compress=0,
            )

    def _judge(self, code: int | None, refusal: MeetingServiceError | None) -> MeetingServiceError:
        """Why the socket is over, if it is worth coming back.

        A close code may be another than was sent; what the service said of it in a message was checked.

        Raises:
            MeetingServiceError: it is not.
        """
        told = f"the service closed the socket with {code}"
        if isinstance(refusal, Corrupted):
            return refusal
        if code in RETRY_LATER:
            return refusal if isinstance(refusal, Overloaded) else Overloaded(told)
        if code in _LOST:
            return refusal or Unreachable(told)
        if refusal is not None and not isinstance(refusal, ProtocolViolation):
            raise refusal
        return self._doubt(refusal or close_code_to_error(code or 0, told))

    def _judge_handshake(self, error: WSServerHandshakeError) -> MeetingServiceError:
        told = f"{self._url} refuses the socket: status {error.status}"
        if error.status in (429, 503):
            return Overloaded(told)
        if error.status >= 500 or error.status in (101, 408):
            return Unreachable(told)
        return self._doubt(MeetingServiceError(told))

    def _doubt(self, error: MeetingServiceError) -> MeetingServiceError:
        self._doubts += 1
        if self._doubts >= DOUBTS:
            raise error
        return error

    def _fail_all(self, error: MeetingServiceError) -> None:
        for stream in self._open_streams():
            stream.fail(error)
        self._tell(ConnectionState.FAILED, error)

    def _open_streams(self) -> list[AudioStream]:
        for number in [number for number, stream in self._streams.items() if stream.finished.is_set()]:
            del self._streams[number]
        return list(self._streams.values())

    # Telling

    def _tell_lost(self, error: MeetingServiceError, retry_s: float) -> None:
        self._tell(ConnectionState.LOST, error, retry_s)

    def _tell(
        self, state: ConnectionState, error: MeetingServiceError | None = None, retry_s: float = 0.0
    ) -> None:
        if state is self._state is ConnectionState.LIVE:
            return
        self._state = state
        self._report(ConnectionReport(self._meeting_id, state, error, retry_s))


def make_format(rate_hz: int, encoding: Encoding | str, channels: int) -> RawFormat:
    """The format of a stream; the service checks the ranges."""
    return RawFormat(Encoding(encoding), rate_hz, channels)
