"""The server's side of one audio socket as a state machine: messages in, things to do out. No I/O.

The runtime hands it every message, opens the streams it asks for, stores the work it gives out, and sends
what it has to tell. Time is an argument; errors that end the connection are raised.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from meeting_service.checksums import unseal
from meeting_service.errors import Corrupted, ProtocolViolation, TooFast, TooLarge
from meeting_service.ingest.incoming import IncomingStream, StreamLimits, Work
from meeting_service.ingest.messages import parse_client_message
from meeting_service.protocol import (
    Bye,
    ClientMessage,
    DeclareGap,
    End,
    Hello,
    Open,
    Refusal,
    ServerMessage,
    StreamSpec,
    Welcome,
    parse_audio_message,
)

MAX_REFUSALS = 100
"""refusals that may wait to be sent; a client that causes more is not reading them"""
MAX_STREAM_NUMBERS = 4_096
"""streams that one socket may open in its life"""


class Phase(Enum):
    """Where a connection is in its life."""

    NEW = "new"
    """nothing was said yet"""
    OPEN = "open"
    LEAVING = "leaving"
    """the client said bye: what it sent is stored, nothing more is taken"""


@dataclass(frozen=True, slots=True)
class ProtocolLimits:
    """What one socket may cost."""

    streams: int
    """open at once"""
    window_s: float
    """audio per stream that is taken before it is stored"""
    stream_s: float
    """length of one stream"""

    def of_stream(self, rate_hz: int) -> StreamLimits:
        """The same in samples."""
        return StreamLimits(round(self.window_s * rate_hz), round(self.stream_s * rate_hz))


class AudioProtocol:
    """One socket's streams. Owned by the task that runs the socket."""

    def __init__(self, limits: ProtocolLimits) -> None:
        self._limits = limits
        self._phase = Phase.NEW
        self._streams: dict[int, IncomingStream] = {}
        self._used: set[int] = set()
        self._abandoned: set[int] = set()
        self._told: deque[ServerMessage] = deque()
        self._checked: set[int] = set()
        self.wants_text = False
        """whether the client asked for the text of its streams"""
        self.meeting: str | None = None
        """where the client said it is"""
        self.sealed = True
        """whether text messages carry a checksum: if the client's first did, and before that"""

    @property
    def greeted(self) -> bool:
        """Whether the client has said hello."""
        return self._phase is not Phase.NEW

    @property
    def done(self) -> bool:
        """Whether the client said bye and everything it sent is stored."""
        return self._phase is Phase.LEAVING and self.idle

    @property
    def idle(self) -> bool:
        """Whether everything accepted is stored."""
        return all(stream.idle for stream in self._streams.values())

    @property
    def urgent(self) -> bool:
        """Whether there is something that should be stored at once."""
        return self._phase is Phase.LEAVING or any(stream.urgent for stream in self._streams.values())

    @property
    def specs(self) -> Sequence[StreamSpec]:
        """The streams that are open."""
        return [stream.spec for stream in self._streams.values()]

    # What the client says

    def receive_text(self, text: str, now_s: float) -> Sequence[StreamSpec]:
        """Take a text message.

        Returns:
            Streams the runtime has to open now: each with `open_stream`, or `abandon` where it cannot; then
            `welcome`. Nothing else may be received before.

        Raises:
            Corrupted: not what was sent.
            ProtocolViolation: not allowed, or not allowed now.
            TooLarge: too many streams, or a stream too long.
            TooFast: see `IncomingStream`.
        """
        message = parse_client_message(self._unseal(text))
        if self._phase is Phase.LEAVING:
            return ()
        if self.greeted is isinstance(message, Hello):
            raise ProtocolViolation("hello is the first message, and comes once")
        return self._handle(message, now_s)

    def receive_audio(self, data: bytes, now_s: float) -> bool:
        """Take a binary message.

        Returns:
            Whether the stream now has something that should be stored at once.

        Raises:
            Corrupted: not what was sent.
            ProtocolViolation: not allowed, or of a stream that is not open.
            TooLarge: the stream would be too long.
            TooFast: see `IncomingStream`.
        """
        message = parse_audio_message(data)
        if not self.greeted:
            raise ProtocolViolation("hello is the first message")
        if message.stream in self._checked or (self.sealed and message.stream not in self._used):
            message = message.without_crc32()
        stream = self._find(message.stream)
        if stream is None or self._phase is not Phase.OPEN:
            return False
        self._refuse(stream.accept_audio(message.offset, message.payload, now_s))
        return stream.urgent

    # What the runtime does

    def open_stream(self, spec: StreamSpec, through: int) -> None:
        """The stream is open and continues at `through`."""
        limits = self._limits.of_stream(spec.format.rate_hz)
        self._streams[spec.stream] = IncomingStream(spec, through, limits)

    def welcome(self, specs: Sequence[StreamSpec]) -> None:
        """Tell where those of the streams that were opened continue."""
        opened = [self._streams[spec.stream].welcome() for spec in specs if spec.stream in self._streams]
        self._told.append(Welcome(opened))

    def abandon(self, stream: int, refusal: Refusal) -> None:
        """The stream goes on elsewhere or nowhere: tell why, and overlook what still comes for it."""
        self._streams.pop(stream, None)
        self._abandoned.add(stream)
        self._refuse(refusal)

    def take_work(self, now_s: float = math.inf) -> Iterator[tuple[IncomingStream, Work]]:
        """The next thing to store of every stream that has none out; order matters within a stream only.

        What may wait for more is left out, unless no time is given or no more will come.
        """
        now_s = math.inf if self._phase is Phase.LEAVING else now_s
        for stream in list(self._streams.values()):
            if work := stream.next_work(now_s):
                yield stream, work

    def messages(self) -> Sequence[ServerMessage]:
        """What is to be sent now. A stream whose end is acknowledged here is forgotten."""
        told = list(self._told)
        self._told.clear()
        for stream in list(self._streams.values()):
            told.extend(stream.messages())
            if stream.ended:
                del self._streams[stream.number]
        return told

    # Inside

    def _unseal(self, text: str) -> str:
        unsealed = unseal(text)
        if unsealed is None and self.greeted and self.sealed:
            raise Corrupted("a message lacks the checksum that the hello had")
        if not self.greeted:
            self.sealed = unsealed is not None
        return text if unsealed is None else unsealed

    def _handle(self, message: ClientMessage, now_s: float) -> Sequence[StreamSpec]:
        match message:
            case Hello(streams, text, meeting):
                self._phase, self.wants_text, self.meeting = Phase.OPEN, text, meeting
                return self._claim(streams)
            case Open(streams):
                return self._claim(streams)
            case DeclareGap(number, start, end):
                if stream := self._find(number):
                    stream.accept_gap(start, end, now_s)
            case End(number):
                if stream := self._find(number):
                    stream.accept_end()
            case Bye():
                self._phase = Phase.LEAVING
        return ()

    def _claim(self, specs: Sequence[StreamSpec]) -> Sequence[StreamSpec]:
        taken = {participant for spec in self.specs for participant in spec.participants}
        for spec in specs:
            if spec.stream in self._used:
                raise ProtocolViolation(f"stream number {spec.stream} was used on this socket before")
            if twice := taken.intersection(spec.participants):
                raise ProtocolViolation(f"participant {min(twice)} has a stream on this socket already")
            self._used.add(spec.stream)
            self._checked |= {spec.stream} if spec.crc32 else set()
            taken.update(spec.participants)
        if len(taken) > self._limits.streams or len(self._used) > MAX_STREAM_NUMBERS:
            raise TooLarge(
                f"one socket may carry {self._limits.streams} participants ([limits] participants)"
            )
        return specs

    def _find(self, number: int) -> IncomingStream | None:
        """None for a stream that was abandoned: what is on its way for it is overlooked."""
        if number in self._streams:
            return self._streams[number]
        if number in self._abandoned:
            return None
        raise ProtocolViolation(f"there is no open stream {number}")

    def _refuse(self, refusal: Refusal | None) -> None:
        if refusal is None:
            return
        if len(self._told) >= MAX_REFUSALS:
            raise TooFast(f"{MAX_REFUSALS} refusals wait to be read")
        self._told.append(refusal)
