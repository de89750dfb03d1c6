"""Bots that send meetings at the speed of life, each over one socket as the interface describes it.

Noted is when each piece left: with it, text that comes can be held against the audio it is about.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from meeting_service.audio import RECOGNITION_RATE_HZ, Encoding, RawFormat
from meeting_service.bench.turns import Track
from meeting_service.clock import SystemClock
from meeting_service.meeting import Meeting
from meeting_service.protocol import SUBPROTOCOL, AudioMessage, Bye, CloseCode, Hello, StreamSpec

PIECE_SAMPLES = RECOGNITION_RATE_HZ // 10


@dataclass
class Sent:
    """One participant's audio and when it left."""

    track: Track
    anchor_ms: int = 0
    """offset in the meeting of the first sample"""
    left_s: list[float] = field(default_factory=list)
    """monotonic time at which each piece of `PIECE_SAMPLES` was sent"""
    late_s: float = 0.0
    """how far the bot itself was behind at worst"""

    def sent_s(self, sample: int) -> float | None:
        """When the piece with this sample left; None if it did not."""
        piece = max(sample, 0) // PIECE_SAMPLES
        return self.left_s[piece] if piece < len(self.left_s) else None

    def sample_at(self, offset_ms: int) -> int:
        """The sample at an offset of the meeting."""
        return (offset_ms - self.anchor_ms) * (RECOGNITION_RATE_HZ // 1_000)


class Bot:
    """Sends the participants of one meeting over one socket. Used on one event loop, once.

    Args:
        url: where the service is, ending in a slash.
        meeting: a live meeting.
        tracks: what each participant sends, by id.
    """

    def __init__(self, url: str, meeting: Meeting, tracks: Mapping[str, Track]) -> None:
        self._url = f"{url}v1/meetings/{meeting.id}/audio"
        self._meeting = meeting
        self.sent = {participant: Sent(track) for participant, track in tracks.items()}
        self.refusals = 0
        """errors that the service answered, and sockets it closed"""
        self.joined = asyncio.Event()
        """set when something of everybody's audio was acknowledged, or nothing more will be"""
        self._welcomed = asyncio.Event()

    async def play(self, session: ClientSession) -> None:
        """Send all tracks from now on; return when all of it is durable, or the service has hung up."""
        async with session.ws_connect(self._url, protocols=(SUBPROTOCOL,), max_msg_size=0) as socket:
            await socket.send_str(Hello(self._introduce()).encode())
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(self._read(socket), name="answers to a bot")
                await self._welcomed.wait()
                await self._send_all(socket)
                with suppress(ConnectionError):
                    await socket.send_str(Bye().encode())
                await reading

    def _introduce(self) -> list[StreamSpec]:
        now = SystemClock().utc_now()
        specs = []
        for number, (participant, sent) in enumerate(self.sent.items(), 1):
            sent.anchor_ms = max(0, round((now - self._meeting.started_at).total_seconds() * 1_000))
            audio_format = RawFormat(Encoding.S16LE, RECOGNITION_RATE_HZ)
            specs.append(StreamSpec(number, audio_format, (participant,), captured_at=now))
        return specs

    async def _send_all(self, socket: ClientWebSocketResponse) -> None:
        """Each participant's pieces in their own rhythm, spread over the time one piece takes."""
        begun_s, piece_s = time.monotonic(), PIECE_SAMPLES / RECOGNITION_RATE_HZ
        async with asyncio.TaskGroup() as group:
            for number, sent in enumerate(self.sent.values(), 1):
                first_s = begun_s + piece_s * number / (len(self.sent) + 1)
                group.create_task(self._send(socket, number, sent, first_s), name="a participant of a bot")

    async def _send(self, socket: ClientWebSocketResponse, number: int, sent: Sent, first_s: float) -> None:
        pcm = sent.track.pcm.astype("<i2")
        for start in range(0, len(pcm), PIECE_SAMPLES):
            due_s = first_s + start / RECOGNITION_RATE_HZ
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            message = AudioMessage(number, start, pcm[start : start + PIECE_SAMPLES].tobytes())
            now_s = time.monotonic()
            try:
                await socket.send_bytes(message.encode())
            except ConnectionError:
                return
            sent.left_s.append(now_s)
            sent.late_s = max(sent.late_s, now_s - due_s)

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        missing = set(range(1, len(self.sent) + 1))
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            if not self._welcomed.is_set() and '"type":"welcome"' in message.data:
                self._welcomed.set()
            if missing and '"type":"ack"' in message.data:
                missing.discard(json.loads(message.data)["stream"])
                if not missing:
                    self.joined.set()
            self.refusals += '"type":"error"' in message.data
        self.refusals += socket.close_code != CloseCode.DONE
        self._welcomed.set()
        self.joined.set()
