"""One audio request on its way into the ledger: decoded and appended as it comes, in bounded memory."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import numpy as np
from aiohttp import StreamReader
from aiohttp.http_exceptions import HttpProcessingError
from numpy.typing import NDArray

from meeting_service.audio import Container, RawFormat
from meeting_service.checksums import check_content
from meeting_service.errors import (
    AudioHole,
    BodyStalled,
    Conflict,
    InvalidRequest,
    MeetingServiceError,
    Overloaded,
    StorageFailed,
    StreamTooLong,
    TooLarge,
    UnsupportedMedia,
)
from meeting_service.ingest import Decoder, make_decoder, mix_down
from meeting_service.ingest.magic import ENOUGH_BYTES, sniff_container
from meeting_service.sessions import AudioInput
from meeting_service.settings import LimitSettings
from meeting_service.web.audio_head import AudioHead
from meeting_service.web.held_bodies import HeldBodies

GATHER_S = 0.1
"""audio that trickles in is gathered this long into one piece"""
STEP_BYTES = 1 << 16
POLL_S = 0.5
"""how often a body that stands still is looked at"""

OpenInput = Callable[[int, int], Awaitable[AudioInput]]
"""From rate and channels to the way in."""
Block = NDArray[np.int16]

T = TypeVar("T")


class Upload:
    """Takes one body. Owned by its request's handler; used once."""

    def __init__(
        self,
        head: AudioHead,
        open_input: OpenInput,
        limits: LimitSettings,
        held_bodies: HeldBodies,
        stopping: asyncio.Event,
    ) -> None:
        self._head = head
        self._open_input = open_input
        self._limits = limits
        self._held_bodies = held_bodies
        self._stopping = stopping
        self._decoder: Decoder | None = None
        self._position = 0
        self._pending: list[Block] = []
        self._pending_samples = 0
        self._bytes = 0
        self._samples = 0
        self._broken = False
        """whether the connection broke before the body was over, or nothing came on it for too long"""
        self.input: AudioInput | None = None
        """the way in, once the rate is known"""

    async def run(self, body: StreamReader) -> int:
        """Append the whole body; returns the samples held, all durable.

        Whatever was decoded before an error is kept, except where storing is what failed. A body with a
        digest is held back until all of it is there and matches, so of that one nothing is kept.

        Raises:
            MeetingServiceError: any of its kinds; also for a client that is gone.
        """
        try:
            if self._head.sha256 is not None:
                await self._take_checked(body, self._head.sha256)
            else:
                await self._begin()
                await self._read(body, self._take)
            return await self._finish()
        except StorageFailed:
            raise
        except MeetingServiceError:
            with suppress(MeetingServiceError):
                await self._flush()
            if self._broken and self.input is not None:
                self.input.lose()
            raise
        finally:
            if self._decoder:
                self._decoder.close()

    # Reading the body

    async def _take_checked(self, body: StreamReader, sha256: bytes) -> None:
        with self._held_bodies.open() as held:

            async def hold(data: bytes) -> None:
                held.extend(data)

            await self._read(body, hold)
            await asyncio.to_thread(check_content, held.content, sha256)
            await self._begin()
            for start in range(0, len(held.content), STEP_BYTES):
                await self._take(bytes(held.content[start : start + STEP_BYTES]))

    async def _read(self, body: StreamReader, take: Callable[[bytes], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        heard_s = loop.time()
        while True:
            data = await self._next_data(body)
            if data == b"":
                return
            if self._stopping.is_set():
                raise Overloaded("the service is restarting; go on from Upload-Offset in a moment")
            if data is not None:
                heard_s = loop.time()
                await take(data)
            elif loop.time() - heard_s > self._limits.body_idle_s:
                self._broken = True  # nobody says of a cable that was pulled
                raise BodyStalled(f"nothing came for {self._limits.body_idle_s:g} s")
            elif self._pending:
                await self._flush()

    async def _next_data(self, body: StreamReader) -> bytes | None:
        """What has arrived; None if nothing did for a while, empty at the end."""
        try:
            async with asyncio.timeout(GATHER_S if self._pending else POLL_S) as patience:
                return await body.readany()
        except HttpProcessingError as error:
            raise InvalidRequest("the body's transfer encoding is broken") from error
        except OSError as error:
            if patience.expired():
                return None
            self._broken = True
            raise InvalidRequest("the connection broke before the body was over") from error

    async def _take(self, data: bytes) -> None:
        self._check_raw(data)
        decoder, limit = self._get_decoder(), self._limits.audio_request_bytes
        allowed = data[: limit - self._bytes]
        self._bytes += len(data)
        await self._decode(lambda: decoder.feed(allowed))
        while decoder.pending:
            await self._decode(lambda: decoder.feed(b""))
        if self._bytes > limit:
            raise TooLarge(f"one request may carry {limit} bytes of audio")

    def _check_raw(self, data: bytes) -> None:
        first = self._bytes == self._position == 0 and isinstance(self._head.format, RawFormat)
        if first and sniff_container(data[:ENOUGH_BYTES]) is Container.WAV:
            raise UnsupportedMedia("this begins like a WAV file: send it as audio/wav")

    # Decoding

    async def _begin(self) -> None:
        if not isinstance(self._head.format, RawFormat):
            self._decoder = make_decoder(self._head.format, max_s=self._limits.audio_request_s)
            return
        opened = await self._open(self._head.format.rate_hz, self._head.format.channels)
        tail = opened.tail if self._head.offset is None else b""
        self._decoder = make_decoder(self._head.format, tail=_own_tail(self._head.format, tail))

    async def _open(self, rate_hz: int, channels: int) -> AudioInput:
        """Open the way in and go to where the piece begins.

        Raises:
            AudioHole: that is beyond what is held, and no gap was declared.
        """
        opened = self.input = await self._open_input(rate_hz, channels)
        offset = self._head.offset
        self._position = opened.through if offset is None else offset
        self._check_length(self._position)
        if self._position > opened.through:
            if not self._head.gap:
                raise AudioHole(opened.through, self._position)
            await opened.declare_gap(opened.through, self._position)
        return opened

    async def _decode(self, work: Callable[[], Sequence[Block]]) -> None:
        """Decode a bounded amount, and store it when there is enough to be worth it."""
        for block in work() if self._quick else await _in_thread(work):
            opened = self.input or await self._open(self._rate_hz, block.shape[1])
            self._samples += len(block)
            over = max(0, self._samples - self._limits.audio_request_s * opened.rate_hz)
            taken = block[: len(block) - over]
            self._check_length(self._position + self._pending_samples + len(taken))
            self._pending.append(taken if opened.channels > 1 else mix_down(taken))
            self._pending_samples += len(taken)
            if over:
                raise TooLarge(f"one request may carry {self._limits.audio_request_s} s of audio")
        if self._pending_samples >= self._rate_hz * GATHER_S:
            await self._flush()

    def _check_length(self, end: int) -> None:
        if end > self._limits.meeting_h * 3600 * self._rate_hz:
            raise StreamTooLong(self._limits.meeting_h)

    # Storing

    async def _flush(self, tail: bytes = b"") -> None:
        if self.input is None or not (self._pending or tail):
            return
        pcm = np.concatenate(self._pending) if self._pending else self._nothing()
        self._pending, self._pending_samples = [], 0
        through = await self.input.append(pcm, self._position, tail=tail)
        self._position += len(pcm)
        if self._head.offset is None and through != self._position:
            raise Conflict("somebody else is sending this participant's audio too: use Upload-Offset")

    async def _finish(self) -> int:
        decoder = self._get_decoder()
        await self._decode(decoder.finish)
        while decoder.pending:
            await self._decode(decoder.finish)
        await self._flush(_marked_tail(self._head.format, decoder.remainder))
        return self.input.through if self.input else 0

    def _nothing(self) -> Block:
        return np.zeros((0, self.input.channels if self.input else 1), dtype=np.int16)

    @property
    def _quick(self) -> bool:
        """Whether decoding takes no longer than copying, so that a thread would cost more."""
        return isinstance(self._head.format, RawFormat) or self._head.format is Container.WAV

    @property
    def _rate_hz(self) -> int:
        if self.input:
            return self.input.rate_hz
        return self._get_decoder().rate_hz or 0

    def _get_decoder(self) -> Decoder:
        if self._decoder is None:
            raise RuntimeError("the upload has not begun")
        return self._decoder


def _marked_tail(audio_format: object, remainder: bytes) -> bytes:
    """An unfinished sample with the format it is in, so that another format never completes it."""
    if not remainder or not isinstance(audio_format, RawFormat):
        return b""
    return f"{audio_format.encoding}/{audio_format.channels}:".encode() + remainder


def _own_tail(audio_format: RawFormat, tail: bytes) -> bytes:
    mark, _, remainder = tail.partition(b":")
    own = f"{audio_format.encoding}/{audio_format.channels}".encode()
    return remainder if mark == own else b""


async def _in_thread(work: Callable[[], T]) -> T:
    """Run `work` in a thread; when cancelled, wait for it all the same, for its decoder is then closed."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise
