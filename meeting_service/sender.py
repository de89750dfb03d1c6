"""Plays audio files into a running service, as bots in a meeting would."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from meeting_service.audio import Encoding, Pcm, RawFormat
from meeting_service.client import MeetingClient, Patience, PostedStream
from meeting_service.client.reports import Report, tell_nobody
from meeting_service.clock import Clock
from meeting_service.ingest import mix_down
from meeting_service.meeting import Meeting
from meeting_service.offline.files import AudioFile

PIECE_MS = 100
"""audio sent at once over a socket"""
POST_MS = 1_000
"""audio sent in one request"""


class Way(StrEnum):
    """How the audio travels."""

    WEBSOCKET = "websocket"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class Source:
    """A file and whose voice it is; several channels are mixed down."""

    path: Path
    participant: str
    name: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one source is."""

    source: Source
    held_ms: int
    """audio that the service holds durably"""
    fraction: float
    """of the file, 0 to 1"""


@dataclass(frozen=True, slots=True)
class Manner:
    """How files are played."""

    speed: float = 1.0
    """times real time; 0 is as fast as the service takes it"""
    way: Way = Way.WEBSOCKET
    patience: Patience = field(default_factory=Patience)
    """how long a service that is away is waited for"""


class _Stream(Protocol):
    @property
    def pending_samples(self) -> int: ...

    async def write(self, pcm: bytes, /) -> None: ...

    async def drain(self, pending_samples: int, /) -> None: ...


async def send_files(
    url: str,
    meeting: Meeting,
    sources: Sequence[Source],
    clock: Clock,
    manner: Manner = Manner(),
    report: Callable[[Progress], None] = lambda _: None,
    connection_report: Report = tell_nobody,
) -> None:
    """Play all sources at once into a meeting; returns when the service holds all of it durably.

    A service that restarts meanwhile is waited for, and nothing is lost.

    Raises:
        ExceptionGroup: of what went wrong with which source: a file that cannot be read, or a refusal.
    """
    async with (
        MeetingClient(url, patience=manner.patience, report=connection_report) as client,
        asyncio.TaskGroup() as group,
    ):
        begun = clock.utc_now()
        for source in sources:
            performance = _Performance(client, meeting.id, source, clock, manner, report)
            group.create_task(performance.run(begun), name=f"sender of {source.participant}")


@dataclass(frozen=True, slots=True)
class _Performance:
    """One source on its way."""

    client: MeetingClient
    meeting_id: str
    source: Source
    clock: Clock
    manner: Manner
    report: Callable[[Progress], None]

    async def run(self, begun: datetime) -> None:
        audio = await asyncio.to_thread(AudioFile, self.source.path)
        try:
            audio_format = RawFormat(Encoding.S16LE, audio.rate_hz)
            async with self._open(audio_format, begun) as stream:
                await self._play(audio, stream)
        finally:
            audio.close()

    @asynccontextmanager
    async def _open(self, audio_format: RawFormat, begun: datetime) -> AsyncIterator[_Stream]:
        source = self.source
        if self.manner.way is Way.WEBSOCKET:
            async with self.client.open_stream(
                self.meeting_id,
                source.participant,
                rate=audio_format.rate_hz,
                name=source.name,
                captured_at=begun,
            ) as stream:
                yield stream
            return
        await self.client.put_participant(self.meeting_id, source.participant, source.name)
        posted = PostedStream(
            self.client,
            self.meeting_id,
            source.participant,
            audio_format,
            captured_at=begun,
        )
        yield posted
        await posted.finish()

    async def _play(self, audio: AudioFile, stream: _Stream) -> None:
        begun_s, sent = self.clock.monotonic_s(), 0
        piece_ms = PIECE_MS if self.manner.way is Way.WEBSOCKET else POST_MS
        async for pcm in _pieces(audio, audio.rate_hz * piece_ms // 1000):
            sent += len(pcm)
            await self._wait_until(begun_s, sent / audio.rate_hz)
            await stream.write(pcm.astype("<i2").tobytes())
            self._report(audio, sent, sent - stream.pending_samples)
        while pending := stream.pending_samples:
            await stream.drain(pending - 1)
            self._report(audio, sent, sent - stream.pending_samples)

    def _report(self, audio: AudioFile, sent: int, held: int) -> None:
        """Tell of samples handed over and held."""
        fraction = min(1.0, audio.read_bytes / audio.size_bytes) * held / sent
        self.report(Progress(self.source, held * 1000 // audio.rate_hz, fraction))

    async def _wait_until(self, begun_s: float, audio_s: float) -> None:
        if self.manner.speed <= 0:
            return
        early_s = audio_s / self.manner.speed - (self.clock.monotonic_s() - begun_s)
        if early_s > 0:
            await asyncio.sleep(early_s)


async def _pieces(audio: AudioFile, samples: int) -> AsyncIterator[Pcm]:
    """The file's audio in mono and in pieces of so many samples, decoded beside the event loop."""
    while (block := await asyncio.to_thread(audio.read)) is not None:
        mono = mix_down(block)
        for start in range(0, len(mono), samples):
            yield mono[start : start + samples]
