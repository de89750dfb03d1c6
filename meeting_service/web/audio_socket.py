"""One audio socket at work: a thin runtime around `ingest.protocol`.

One reader that never waits for storage, so that heartbeats are answered whatever the disk does; one pump that
stores what was accepted and tells what is durable.
"""

import asyncio
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from aiohttp import WebSocketError, WSCloseCode, WSMessage, WSMsgType, web

from meeting_service import metrics
from meeting_service.checksums import seal
from meeting_service.errors import (
    AudioDiffers,
    AudioHole,
    Corrupted,
    MeetingEnded,
    MeetingServiceError,
    NotFound,
    Overloaded,
    ParticipantGone,
    ProtocolViolation,
    StreamEnded,
    TooLarge,
    TooMany,
)
from meeting_service.ingest.incoming import Finish, IncomingStream, Missing, Piece, Work
from meeting_service.ingest.protocol import AudioProtocol, ProtocolLimits
from meeting_service.meeting import MeetingState
from meeting_service.protocol import SUBPROTOCOL, CloseCode, Refusal, ServerMessage, StreamSpec
from meeting_service.sessions import AudioInput, SessionManager
from meeting_service.settings import LimitSettings
from meeting_service.web.allowance import Allowance
from meeting_service.web.errors import close_code
from meeting_service.web.senders import Senders
from meeting_service.web.spoken_text import follow_text

log = structlog.get_logger()

GATHER_S = 0.1
"""small messages are gathered this long into one piece; acknowledgements come as often"""
SOCKETS_PER_PARTICIPANT = 2
"""one that is about to be taken over, and the newer one"""
OPEN_PATIENCE_S = 5.0
REASON_BYTES = 123
"""what a close frame has room for"""
MESSAGES_A_TURN = 32
"""messages of one socket that are handled before others have a turn"""

_CLOSE_CODES = frozenset(CloseCode)


@dataclass(frozen=True, slots=True)
class _Ending:
    """Why a connection ends."""

    code: int | None
    """close code; None if the client is gone"""
    refusal: Refusal | None = None
    told: bool = False
    """whether the refusal is told already, or is not to be"""

    @property
    def reason(self) -> bytes:
        """What the close itself says."""
        name = CloseCode(self.code).name.lower() if self.code else ""
        said = f"{self.refusal.code}: {self.refusal.detail}" if self.refusal else name
        return said.encode()[:REASON_BYTES].decode(errors="ignore").encode()


class AudioSocket:
    """One client's socket from its first message to its close. Everything here runs on the event loop."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        meeting_id: str,
        sessions: SessionManager,
        senders: Senders,
        limits: LimitSettings,
    ) -> None:
        self._socket = socket
        self.meeting_id = meeting_id
        self._sessions = sessions
        self._senders = senders
        self._limits = limits
        self._protocol = AudioProtocol(
            ProtocolLimits(limits.participants, limits.window_s, stream_s=limits.meeting_h * 3600)
        )
        self._allowance = Allowance(asyncio.get_running_loop().time())
        self._messages = 0
        self._inputs: dict[int, AudioInput] = {}
        self._spoken_on: dict[str, int] = {}
        """a participant's latest stream; text comes after the stream's end, too"""
        self._opening = False
        """whether streams are being opened"""
        self._superseded = False
        """whether a newer socket took a stream over, of those that were opened last or before"""
        self._ending: _Ending | None = None
        self._wakeup = asyncio.Event()
        self._hurry = asyncio.Event()
        self._closed = asyncio.Event()
        self._text: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._told_code: int | None = None
        """the close code this side has sent"""

    async def run(self) -> None:
        """Serve until the client leaves, fails or is sent away; what was accepted is stored by then."""
        self._senders.sockets.add(self)
        reader = asyncio.create_task(self._read(), name="audio socket reader")
        try:
            with metrics.audio_sockets.track_inprogress():
                await self._pump()
                # While somebody reads, the library cuts the connection instead of waiting for the answer.
                await self._stop_tasks(reader, self._watch)
                await self._close()
        finally:
            self._senders.sockets.discard(self)
            for spec in self._protocol.specs:
                if (stream_input := self._inputs.get(spec.stream)) and self._is_broken:
                    stream_input.lose()
                self._release(spec)
            self._closed.set()
            await self._stop_tasks(reader, self._watch, self._text)
            self._note_end()

    async def _stop_tasks(self, *tasks: asyncio.Task[None] | None) -> None:
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task), return_exceptions=True)

    @property
    def _is_broken(self) -> bool:
        """Whether the client did not say that it is done."""
        return (self._told_code or self._socket.close_code) != CloseCode.DONE

    def _note_end(self) -> None:
        # What this side said counts: a client may answer a refusal with any code.
        code = self._told_code or self._socket.close_code
        known = CloseCode(code).name.lower() if code in _CLOSE_CODES else "other"
        metrics.audio_socket_closes.labels(known).inc()
        log.info("audio socket closed", meeting=self.meeting_id, code=known, streams=len(self._spoken_on))

    # What others may do: `senders.LiveSender`

    def superseded(self, participant_id: str) -> None:
        """A newer socket carries this participant; without any left this one is closed."""
        for spec in self._protocol.specs:
            if participant_id in spec.participants:
                refusal = Refusal("superseded", "a newer socket took this stream over", spec.stream)
                self._protocol.abandon(spec.stream, refusal)
                self._release(spec)
        self._superseded = True
        self._leave_if_superseded()
        self._wakeup.set()

    def _leave_if_superseded(self) -> None:
        if self._superseded and not (self._opening or self._protocol.specs):
            self._end(CloseCode.SUPERSEDED)

    def sent_away(self, participant_id: str) -> None:
        """The participant was deleted; without any other this socket is closed."""
        for spec in self._protocol.specs:
            if participant_id in spec.participants:
                self._abandon_gone(spec)
        self._wakeup.set()

    def _abandon_gone(self, spec: StreamSpec) -> None:
        gone = ParticipantGone()
        self._protocol.abandon(spec.stream, Refusal(gone.code, gone.detail, spec.stream))
        self._release(spec)
        if not (self._opening or self._protocol.specs):
            self._fail(gone, told=True)

    def stop(self) -> None:
        """The service goes down."""
        self._end(CloseCode.RESTARTING)

    async def wait_closed(self) -> None:
        """Return when the socket is closed and everything accepted is stored."""
        await self._closed.wait()

    # Ending

    def _end(self, code: int | None, refusal: Refusal | None = None, *, told: bool = False) -> None:
        """The first reason counts."""
        self._ending = self._ending or _Ending(code, refusal, told)
        self._wakeup.set()
        self._hurry.set()

    def _fail(self, error: BaseException, *, told: bool = False) -> None:
        if isinstance(error, MeetingServiceError):
            self._end(close_code(error), Refusal(error.code, error.detail), told=told)
        elif isinstance(error, ConnectionError):
            self._end(None)  # the client is gone, found out while it was answered
        else:
            log.error("audio socket failed", meeting=self.meeting_id, exc_info=error)
            self._end(CloseCode.FAILED, Refusal("internal", "something went wrong here; connect again"))

    async def _close(self) -> None:
        ending = self._ending
        if ending is None or ending.code is None or self._socket.closed:
            return
        await self._send(self._protocol.messages())
        if ending.refusal and not ending.told:
            await self._send([ending.refusal])
        self._told_code = ending.code
        await self._socket.close(code=ending.code, message=ending.reason)

    # Reading

    async def _read(self) -> None:
        try:
            self._check_protocol()
            await self._check_meeting()
            self._watch = asyncio.create_task(self._watch_meeting(), name="audio socket watch")
            if self._senders.count(self.meeting_id) > SOCKETS_PER_PARTICIPANT * self._limits.participants:
                raise TooMany("this meeting has more sockets open than it could need")
            message = await self._socket.receive(self._limits.body_idle_s)
            while self._ending is None and message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await self._receive(message.data)
                await self._hold_up()
                message = await self._socket.receive()
            self._look_at_end(message)
        except TimeoutError:
            self._fail(ProtocolViolation(f"no hello within {self._limits.body_idle_s:g} s"))
        except Exception as error:
            self._fail(error)

    def _look_at_end(self, message: WSMessage) -> None:
        """See why nothing more can be read: the client is gone, or what came is too large to be read.

        Whoever seals messages is told by the close only, which is to be doubted: on its way a length may
        have been changed.
        """
        failure = message.data if message.type is WSMsgType.ERROR else None
        if isinstance(failure, WebSocketError) and failure.code == WSCloseCode.MESSAGE_TOO_BIG:
            most = TooLarge(f"a message may have {self._limits.message_bytes} bytes")
            self._fail(most, told=self._protocol.sealed)
        else:
            self._end(None)

    async def _hold_up(self) -> None:
        """Let the others have their turn, and read no more messages a second than may come.

        The library hands out what it has buffered without a pause.
        """
        self._messages += 1
        rate = self._limits.messages_per_s * max(1, len(self._inputs))
        wait_s = self._allowance.take(rate, asyncio.get_running_loop().time())
        if wait_s or self._messages % MESSAGES_A_TURN == 0:
            await asyncio.sleep(wait_s)

    def _check_protocol(self) -> None:
        if self._socket.ws_protocol != SUBPROTOCOL:
            raise ProtocolViolation(f"ask for the subprotocol {SUBPROTOCOL} when you connect")

    async def _watch_meeting(self) -> None:
        """Send a client away whose meeting is over, although it sends nothing; its text goes first."""
        try:
            await self._sessions.wait_over(self.meeting_id)
            if self._text is not None:
                await asyncio.wait({self._text})
            await self._check_meeting()
        except Exception as error:
            self._fail(error)

    async def _check_meeting(self) -> None:
        meeting = await self._sessions.get_meeting(self.meeting_id)
        if meeting.state is not MeetingState.LIVE:
            raise MeetingEnded("the meeting has ended and takes no more audio")

    async def _receive(self, data: str | bytes) -> None:
        now_s = asyncio.get_running_loop().time()
        if isinstance(data, bytes):
            urgent = self._protocol.receive_audio(data, now_s)
        else:
            greeted = self._protocol.greeted
            specs = self._protocol.receive_text(data, now_s)
            if specs or not greeted:
                await self._open(specs, first=not greeted)
            urgent = self._protocol.urgent
        if urgent:
            self._hurry.set()
        self._wakeup.set()

    async def _open(self, specs: Sequence[StreamSpec], *, first: bool) -> None:
        """Open streams while nothing else is read; one that cannot be opened harms no other."""
        if self._protocol.meeting not in (None, self.meeting_id):
            raise Corrupted("the hello is for another meeting than the address it came to")
        self._opening, self._superseded = True, False
        failures = [error for spec in specs if (error := await self._open_in_time(spec))]
        self._opening = False
        self._leave_if_superseded()
        if first and failures and not (self._protocol.specs or self._ending):
            self._fail(failures[-1], told=True)
            return
        self._protocol.welcome(specs)
        if first and self._protocol.wants_text:
            after = await self._sessions.store.last_seq(self.meeting_id)
            self._text = asyncio.create_task(self._tell_text(after), name="audio socket text")

    async def _open_in_time(self, spec: StreamSpec) -> MeetingServiceError | None:
        try:
            async with asyncio.timeout(OPEN_PATIENCE_S):
                return await self._open_stream(spec)
        except TimeoutError:
            raise Overloaded("the stream could not be opened in time") from None

    async def _open_stream(self, spec: StreamSpec) -> MeetingServiceError | None:
        try:
            stream_input = await self._sessions.open_input(
                self.meeting_id,
                spec.participants,
                spec.format.rate_hz,
                names=spec.names,
                captured_at=spec.captured_at,
                may_repeat=self._spoken_on.keys().isdisjoint(spec.participants),
            )
        except (NotFound, MeetingEnded):
            raise
        except MeetingServiceError as error:
            self._protocol.abandon(spec.stream, Refusal(error.code, error.detail, spec.stream))
            return error
        for participant_id in spec.participants:
            self._senders.take_over(self.meeting_id, participant_id, self)
            self._spoken_on[participant_id] = spec.stream
        through = await stream_input.settle()
        if not self._senders.carries(self.meeting_id, spec.participants, self):
            superseded = StreamEnded("a newer socket took this stream over")
            self._protocol.abandon(spec.stream, Refusal("superseded", superseded.detail, spec.stream))
            return superseded
        self._inputs[spec.stream] = stream_input
        self._protocol.open_stream(spec, through)
        return None

    def _release(self, spec: StreamSpec) -> None:
        if stream_input := self._inputs.pop(spec.stream, None):
            stream_input.close()
        for participant_id in spec.participants:
            self._senders.release(self.meeting_id, participant_id, self)

    # Storing

    async def _pump(self) -> None:
        try:
            while not (self._ending and self._protocol.idle):
                await self._wakeup.wait()
                self._wakeup.clear()
                await self._store_all()
                await self._send(self._protocol.messages())
                if self._protocol.done:
                    self._end(CloseCode.DONE)
                await self._gather_more()
        except Exception as error:
            self._fail(error)

    async def _gather_more(self) -> None:
        """Wait a little for more to store with the next round, unless something should not wait."""
        self._hurry.clear()
        if not (self._ending or self._protocol.urgent):
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER_S):
                    await self._hurry.wait()
        if self._ending or not self._protocol.idle:
            self._wakeup.set()

    async def _store_all(self) -> None:
        now_s = math.inf if self._ending else asyncio.get_running_loop().time()
        work = list(self._protocol.take_work(now_s))
        results = await asyncio.gather(*(self._store(*item) for item in work), return_exceptions=True)
        for failure in results:
            if failure is not None:
                raise failure

    async def _store(self, stream: IncomingStream, work: Work) -> None:
        stream_input = self._inputs.get(stream.number)
        if stream_input is None:  # taken over meanwhile
            return
        try:
            stream.stored(await self._perform(stream_input, work))
        except ParticipantGone:
            if stream.number in self._inputs:
                self._abandon_gone(stream.spec)
            return
        except (AudioHole, AudioDiffers, StreamEnded) as error:
            await self._check_meeting()
            if stream.number in self._inputs:
                detail = f"{error.detail}; open the stream again under another number to go on"
                self._protocol.abandon(stream.number, Refusal(error.code, detail, stream.number))
                self._release(stream.spec)
            return
        if isinstance(work, Finish):
            self._release(stream.spec)

    async def _perform(self, stream_input: AudioInput, work: Work) -> int:
        match work:
            case Piece():
                return await stream_input.append(work.pcm(), work.start)
            case Missing(start, end):
                return await stream_input.declare_gap(start, end)
            case Finish():
                through = stream_input.through
                await stream_input.end()
                return through

    # Telling

    async def _send(self, messages: Sequence[ServerMessage]) -> None:
        try:
            for message in messages:
                text = message.encode()
                await self._socket.send_str(seal(text) if self._protocol.sealed else text)
        except ConnectionError:
            self._end(None)

    async def _tell_text(self, after: int) -> None:
        try:
            async for text in follow_text(self._sessions, self.meeting_id, after, self._spoken_on):
                await self._send([text])
        except MeetingServiceError as error:
            await self._send([Refusal(error.code, error.detail)])
