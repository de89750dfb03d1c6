"""A participant's stream as a bot writes it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from meeting_service.audio import Encoding
from meeting_service.client.unacknowledged import Unacknowledged
from meeting_service.errors import Conflict, InvalidAudio, MeetingServiceError
from meeting_service.protocol import AudioMessage, DeclareGap, End, StreamSpec

MESSAGE_S = 0.25
"""audio in one message"""
MESSAGE_BYTES = 65_536

SAMPLE_BYTES = {Encoding.S16LE: 2, Encoding.S16BE: 2, Encoding.F32LE: 4, Encoding.MULAW: 1, Encoding.ALAW: 1}
_DTYPES = {Encoding.S16LE: "<i2", Encoding.S16BE: ">i2", Encoding.F32LE: "<f4"}


@dataclass(slots=True)
class _Link:
    """Where the stream is on the socket of the moment."""

    sent: int
    window_samples: int
    end_sent: bool = False


class AudioStream:
    """One participant's audio on its way into a meeting. An asynchronous context manager.

    Leaving it without an exception finishes the stream. What is written is kept until the service has made it
    durable, and sent again after a reconnect; so nothing is lost as long as this object lives. Used on one
    event loop.
    """

    def __init__(self, spec: StreamSpec, buffer_s: float, wake: Callable[[], None]) -> None:
        self.spec = spec
        self._wake = wake
        self._frame_bytes = SAMPLE_BYTES[spec.format.encoding] * spec.format.channels
        self._unacknowledged = Unacknowledged(self._frame_bytes)
        self._capacity_samples = max(1, round(buffer_s * spec.format.rate_hz))
        self._partial = b""
        self._link: _Link | None = None
        self._placed = False
        self._finishing = False
        self._error: MeetingServiceError | None = None
        self._changed = asyncio.Event()
        self.finished = asyncio.Event()
        """set when the service has confirmed the end, or the stream has failed"""

    # For bots

    @property
    def through(self) -> int:
        """The position before which everything is durable in the service."""
        return self._unacknowledged.start

    @property
    def pending_samples(self) -> int:
        """Samples written and not yet acknowledged."""
        return self._unacknowledged.end - self._unacknowledged.start

    async def write(self, pcm: bytes | bytearray | memoryview | NDArray[Any]) -> None:
        """Hand over audio that follows on; waits while the buffer is full, and then takes all of it.

        Cancelled while it waits, it has taken nothing. So the buffer exceeds its size by one piece at most.

        Args:
            pcm: bytes in the stream's encoding, of any length; or `(samples,)` or `(samples, channels)`,
                int16, or floating point in [-1, 1].

        Raises:
            MeetingServiceError: the stream has failed for good; says why.
        """
        new = self._to_bytes(pcm)
        await self._wait_until(lambda: self._unacknowledged.audio_samples < self._capacity_samples)
        data = memoryview(self._partial + new)
        whole = len(data) - len(data) % self._frame_bytes
        self._partial = bytes(data[whole:])
        if whole:
            self._unacknowledged.append(data[:whole])
            self._wake()

    async def declare_gap(self, samples: int) -> None:
        """Say that the next `samples` never existed, such as while the bot was not in the meeting."""
        self._check()
        if samples > 0:
            self._unacknowledged.append_gap(samples)
            self._wake()

    async def ready(self) -> None:
        """Return when the service knows the stream."""
        await self._wait_until(lambda: self._link is not None)

    async def drain(self, pending_samples: int = 0) -> None:
        """Return when everything written is durable in the service, but for `pending_samples` at most."""
        await self._wait_until(lambda: self._placed and self.pending_samples <= pending_samples)

    async def finish(self) -> None:
        """Say that the participant left; returns when all audio is durable and the end is known.

        Raises:
            InvalidAudio: what was written ends in the middle of a sample.
        """
        if self._partial:
            raise InvalidAudio(f"{len(self._partial)} bytes of an unfinished sample were written last")
        self._finishing = True
        self._wake()
        await self.finished.wait()
        if self._error is not None:
            raise self._error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.finish()
        else:
            self.fail(Conflict("the stream was left because of an error"))

    # For the connection

    @property
    def number(self) -> int:
        """The stream's number on the socket."""
        return self.spec.stream

    @property
    def linked(self) -> bool:
        """Whether the socket of the moment has welcomed the stream."""
        return self._link is not None

    @property
    def due(self) -> bool:
        """Whether the service owes it an answer."""
        link = self._link
        return link is None or link.sent > self._unacknowledged.start or link.end_sent

    def link(self, through: int, window_samples: int) -> None:
        """The service continues at `through` on a new socket.

        It may count from elsewhere than this object: when the participant was sending before, or when the
        stream was ended meanwhile and a new one has begun. What is not acknowledged then follows there.
        """
        kept = self._unacknowledged
        if self._placed and kept.start <= through <= kept.end:
            kept.acknowledge(through)
        else:
            kept.acknowledge(through if self._placed and through > kept.end else kept.start)
            kept.move(through)
        self._placed = True
        self._link = _Link(sent=through, window_samples=window_samples)
        self._announce()

    def unlink(self) -> None:
        """The socket is gone."""
        self._link = None

    def acknowledge(self, through: int, *, ended: bool) -> None:
        """Everything before `through` is durable."""
        # What was never offered is kept, whatever somebody else has made the service hold.
        self._unacknowledged.acknowledge(min(through, self._link.sent) if self._link else 0)
        if ended and self._finishing:
            self.finished.set()
        self._announce()

    def go_back(self, expected: int) -> None:
        """The service lacks what begins at `expected`."""
        if self._link and self._unacknowledged.start <= expected < self._link.sent:
            self._link.sent = expected
            self._wake()

    def fail(self, error: MeetingServiceError) -> None:
        """The stream cannot go on; whoever writes learns why."""
        self._error = self._error or error
        self.finished.set()
        self._announce()

    def next_message(self) -> str | bytes | None:
        """What to send now, if the window allows anything."""
        link = self._link
        if link is None or self.finished.is_set():
            return None
        room = self._unacknowledged.start + link.window_samples - link.sent
        part = self._unacknowledged.part_after(link.sent, min(room, self._message_samples))
        if part is None:
            return self._next_end(link)
        if part.payload is None:
            link.sent = part.end
            return DeclareGap(self.number, part.start, part.end).encode()
        if room <= 0:
            return None
        link.sent = part.end
        return AudioMessage(self.number, part.start, part.payload).with_crc32().encode()

    # Inside

    @property
    def _message_samples(self) -> int:
        return max(1, min(round(MESSAGE_S * self.spec.format.rate_hz), MESSAGE_BYTES // self._frame_bytes))

    def _next_end(self, link: _Link) -> str | None:
        # Only after the last acknowledgement: an end that overtakes a reconnect would open a second stream.
        if not self._finishing or self.pending_samples or link.end_sent:
            return None
        link.end_sent = True
        return End(self.number).encode()

    def _to_bytes(self, pcm: bytes | bytearray | memoryview | NDArray[Any]) -> bytes:
        if not isinstance(pcm, np.ndarray):
            return bytes(pcm)
        dtype = _DTYPES.get(self.spec.format.encoding)
        if dtype is None:
            raise InvalidAudio(f"{self.spec.format.encoding} is written as bytes")
        if np.issubdtype(pcm.dtype, np.floating):
            scaled = pcm if dtype == "<f4" else np.clip(np.rint(pcm * 32768.0), -32768, 32767)
        elif pcm.dtype == np.int16:
            scaled = pcm / np.float32(32768.0) if dtype == "<f4" else pcm
        else:
            raise InvalidAudio(f"audio is int16 or floating point, not {pcm.dtype}")
        return bytes(scaled.astype(dtype).tobytes())

    async def _wait_until(self, reached: Callable[[], bool]) -> None:
        self._check()
        while not reached():
            self._changed.clear()
            await self._changed.wait()
            self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
        if self._finishing:
            raise Conflict("the stream was finished and takes nothing more")

    def _announce(self) -> None:
        self._changed.set()
        self._wake()
