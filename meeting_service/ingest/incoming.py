"""One stream of an audio socket, from the message to what is to be stored. No I/O; time is an argument."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from meeting_service.errors import InvalidAudio, ProtocolViolation, StreamTooLong, TooFast
from meeting_service.ingest.channels import mix_down
from meeting_service.ingest.raw import RawDecoder
from meeting_service.ingest.samples import WIRE_FORMATS
from meeting_service.protocol import Ack, Nack, Refusal, ServerMessage, StreamSpec, StreamWelcome

TOO_FAST_GRACE_S = 2.0
"""how long a sender may go on above its window before it is sent away"""
NACK_REPEAT_S = 1.0
"""a hole is told again when it is still there after this long"""
SILENCE_WAIT_S = 0.15
"""digital silence may wait so long for more of it: storing it costs what sound costs, and nobody waits"""
MAX_WAITING = 64
"""pieces, gaps and the end that may wait to be stored"""


@dataclass(slots=True)
class Piece:
    """Audio to append at `start`; grows while it waits."""

    start: int
    since_s: float
    """when the first of it came"""
    blocks: list[NDArray[np.int16]] = field(default_factory=list)
    samples: int = 0
    silent: bool = True
    """whether all of it is digital silence"""

    @property
    def end(self) -> int:
        """The position after it."""
        return self.start + self.samples

    def add(self, block: NDArray[np.int16]) -> None:
        """Take `(samples, channels)` that follow on."""
        self.blocks.append(block)
        self.samples += len(block)
        self.silent = self.silent and not block.any()

    def pcm(self) -> NDArray[np.int16]:
        """All of it, `(samples, channels)`."""
        return self.blocks[0] if len(self.blocks) == 1 else np.concatenate(self.blocks)


@dataclass(frozen=True, slots=True)
class Missing:
    """A gap to record."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of the stream."""


Work = Piece | Missing | Finish


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What one stream may cost, in its own samples."""

    window_samples: int
    """audio taken and not yet stored"""
    length_samples: int
    """where a stream must have ended"""


class IncomingStream:
    """Puts one stream's messages in order: tells holes, keeps to the window.

    What is accepted waits in `_waiting`, oldest first, until `next_work` hands it out; at most one piece of
    work is out at a time. A piece that nobody has taken yet grows, so small messages are stored together.
    What came before is handed out again: who has what is held tells whether it is the same.
    """

    def __init__(self, spec: StreamSpec, through: int, limits: StreamLimits) -> None:
        self.spec = spec
        self._limits = limits
        self._frame_bytes = WIRE_FORMATS[spec.format.encoding].width * spec.format.channels
        self._expected = through
        self._through = through
        self._unstored = 0
        self._waiting: deque[Work] = deque()
        self._out: Work | None = None
        self._ending = False
        self._ack_due = False
        self._nack_due = False
        self._nacked_at: tuple[int, float] | None = None
        self._refused_since_s: float | None = None

    @property
    def number(self) -> int:
        """The client's number for the stream."""
        return self.spec.stream

    @property
    def idle(self) -> bool:
        """Whether everything accepted is stored."""
        return self._out is None and not self._waiting

    @property
    def ended(self) -> bool:
        """Whether the end is stored and told."""
        return self._ending and self.idle and not self._ack_due

    @property
    def urgent(self) -> bool:
        """Whether waiting for more before storing would only cost time."""
        controls = any(not isinstance(work, Piece) for work in self._waiting)
        return controls or self._unstored >= self.spec.format.rate_hz

    def welcome(self) -> StreamWelcome:
        """Where the stream continues."""
        return StreamWelcome(self.number, self._through, self._limits.window_samples)

    # What the client says

    def accept_audio(self, offset: int, payload: bytes, now_s: float) -> Refusal | None:
        """Take a binary message; a message that is refused leaves the stream as it was.

        Raises:
            ProtocolViolation: audio after the end.
            StreamTooLong: the stream would be longer than streams may be.
            TooFast: the window has been full for longer than the grace, and audio still comes.
        """
        self._check_open()
        if len(payload) % self._frame_bytes:
            detail = f"{len(payload)} bytes are not whole samples of {self._frame_bytes} bytes"
            return self._refuse(InvalidAudio.code, detail)
        end = offset + len(payload) // self._frame_bytes
        self._check_length(end)
        if self._full:
            return self._push_back(now_s)
        if offset > self._expected:
            self._tell_hole(now_s)
            return None
        if not payload:
            self._ack_due = True
            return None
        return self._take(offset, payload, now_s)

    def accept_gap(self, start: int, end: int, now_s: float) -> None:
        """Take a declared gap; the part of it that is there already is left out.

        Raises:
            ProtocolViolation: after the end.
            StreamTooLong: the stream would be longer than streams may be.
            TooFast: too many gaps wait to be recorded.
        """
        self._check_open()
        self._check_length(end)
        if start > self._expected:
            self._tell_hole(now_s)
        elif end <= self._expected:
            self._ack_due = True
        else:
            if len(self._waiting) >= MAX_WAITING:
                raise TooFast(f"more than {MAX_WAITING} gaps wait to be recorded")
            self._waiting.append(Missing(self._expected, end))
            self._expected = end

    def accept_end(self) -> None:
        """No more will come."""
        self._check_open()
        self._ending = True
        self._waiting.append(Finish())

    # What the runtime does

    def next_work(self, now_s: float = math.inf) -> Work | None:
        """The next thing to store, in order; None while one is out or nothing waits, or what waits may."""
        if self._out is not None or not self._waiting or self._may_wait(now_s):
            return None
        self._out = self._waiting.popleft()
        return self._out

    def stored(self, through: int) -> None:
        """What was out is durable, and `through` samples are held."""
        if isinstance(self._out, Piece):
            self._unstored -= self._out.samples
        self._out = None
        self._through = max(self._through, through)
        self._expected = max(self._expected, through)
        self._ack_due = True
        if self._refused_since_s is not None and not self._full:
            self._refused_since_s, self._nack_due = None, True

    def messages(self) -> Sequence[ServerMessage]:
        """What is to be told now; acknowledgements that follow each other quickly become one."""
        told: list[ServerMessage] = []
        if self._ack_due:
            told.append(Ack(self.number, self._through, ended=self._ending and self.idle))
        if self._nack_due:
            told.append(Nack(self.number, self._expected))
        self._ack_due = self._nack_due = False
        return told

    # Inside

    @property
    def _full(self) -> bool:
        return self._unstored >= self._limits.window_samples or len(self._waiting) >= MAX_WAITING

    def _check_open(self) -> None:
        if self._ending:
            raise ProtocolViolation(f"stream {self.number} was ended and takes nothing more")

    def _check_length(self, end: int) -> None:
        if end > self._limits.length_samples:
            raise StreamTooLong(self._limits.length_samples / self.spec.format.rate_hz / 3600)

    def _may_wait(self, now_s: float) -> bool:
        first = self._waiting[0]
        young = isinstance(first, Piece) and first.silent and now_s < first.since_s + SILENCE_WAIT_S
        return young and not self.urgent

    def _take(self, offset: int, payload: bytes, now_s: float) -> Refusal | None:
        decoder = RawDecoder(self.spec.format)
        try:
            blocks = decoder.feed(payload)
            if decoder.pending:
                decoder.finish()
        except InvalidAudio as error:
            return self._refuse(error.code, error.detail)
        for block in blocks:
            self._add(offset, block, now_s)
            offset += len(block)
        return None

    def _add(self, start: int, block: NDArray[np.int16], now_s: float) -> None:
        last = self._waiting[-1] if self._waiting else None
        if not isinstance(last, Piece) or last.end != start:
            last = Piece(start, now_s)
            self._waiting.append(last)
        mono = len(self.spec.participants) == 1
        last.add(mix_down(block) if mono else block)
        self._expected = max(self._expected, last.end)
        self._unstored += len(block)

    def _push_back(self, now_s: float) -> Refusal | None:
        most = f"{self._limits.window_samples} samples or {MAX_WAITING} pieces"
        detail = f"more than the window of {most} is not acknowledged yet"
        if self._refused_since_s is None:
            self._refused_since_s = now_s
            return self._refuse(TooFast.code, f"{detail}; wait, then send again from the next nack")
        if now_s - self._refused_since_s > TOO_FAST_GRACE_S:
            raise TooFast(detail)
        return None

    def _tell_hole(self, now_s: float) -> None:
        if self._nacked_at:
            expected, told_s = self._nacked_at
            if expected == self._expected and now_s < told_s + NACK_REPEAT_S:
                return
        self._nacked_at = (self._expected, now_s)
        self._nack_due = True

    def _refuse(self, code: str, detail: str) -> Refusal:
        return Refusal(code, detail, self.number)
