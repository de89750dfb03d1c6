"""Plays a scripted meeting into a running service, as its participants' bots would, and watches what comes.

Every recording is a bot with a socket of its own: who joins late connects late, who drops disconnects and
comes back on another socket. Times in the script are kept whatever the speed, for each stream says when in
the meeting it was captured.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from meeting_service.audio import Pcm
from meeting_service.client import MeetingClient
from meeting_service.clock import Clock
from meeting_service.demo.pace import Pace
from meeting_service.demo.report import Delays
from meeting_service.demo.script import Recording, Script
from meeting_service.events import DraftChanged, MeetingEvent, SentenceFinalized, StoredEvent
from meeting_service.ingest import mix_down
from meeting_service.meeting import Meeting
from meeting_service.offline import AudioFile
from meeting_service.transcript import Draft, Sentence

PIECE_MS = 100


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording's samples."""

    rate_hz: int
    pcm: Pcm


def read_sounds(script: Script, folder: Path) -> dict[str, Sound]:
    """Every recording's samples, by file. Blocks.

    Raises:
        InvalidAudio: a file is missing or broken.
    """
    return {recording.file: _read_sound(folder / recording.file) for recording in script.streams}


def _read_sound(path: Path) -> Sound:
    with AudioFile(path) as file:
        blocks = []
        while (block := file.read()) is not None:
            blocks.append(mix_down(block))
        return Sound(file.rate_hz, np.concatenate(blocks))


def choose_start(now: datetime, duration_ms: int, speed: float) -> datetime:
    """When a meeting must have begun so that it ends now, in life's time, once it was played from now on.

    At speed 1 that is now. Faster, the meeting begins in the past, so that nothing is captured in the future.
    """
    return now - timedelta(milliseconds=duration_ms * max(0.0, 1 - 1 / speed))


@dataclass
class Player:
    """Plays one script into one meeting.

    Args:
        url: where the service is.
        script: what is played.
        sounds: its recordings, by file.
        meeting: the meeting that was created for it.
        pace: the meeting's clock.
    """

    url: str
    script: Script
    sounds: Mapping[str, Sound]
    meeting: Meeting
    pace: Pace

    async def play(self) -> None:
        """Return when every participant has left and all audio is durable.

        Raises:
            ExceptionGroup: of what the service refused.
        """
        await self._seat()
        async with asyncio.TaskGroup() as group:
            for participant, recordings in self.script.runs().items():
                group.create_task(self._play_participant(recordings), name=f"bot {participant}")

    async def _seat(self) -> None:
        """Name those who are there from the start, so that they are listed in the script's order."""
        async with MeetingClient(self.url) as host:
            for participant, recordings in self.script.runs().items():
                if recordings[0].starts_ms == 0:
                    name = self.script.name_of(participant)
                    await host.put_participant(self.meeting.id, participant, name)

    async def _play_participant(self, recordings: list[Recording]) -> None:
        for recording in recordings:
            await self.pace.wait_until(recording.starts_ms)
            async with MeetingClient(self.url) as bot:
                await self._play_recording(bot, recording)

    async def _play_recording(self, bot: MeetingClient, recording: Recording) -> None:
        sound = self.sounds[recording.file]
        piece_samples = sound.rate_hz * PIECE_MS // 1000
        async with bot.open_stream(
            self.meeting.id,
            recording.participant,
            rate=sound.rate_hz,
            name=self.script.name_of(recording.participant),
            captured_at=self.meeting.started_at + timedelta(milliseconds=recording.starts_ms),
        ) as stream:
            for start in range(0, len(sound.pcm), piece_samples):
                end = min(start + piece_samples, len(sound.pcm))
                await self.pace.wait_until(recording.starts_ms + end * 1000 / sound.rate_hz)
                await stream.write(sound.pcm[start:end])


@dataclass
class Watcher:
    """Notes when text came, and tells of every final sentence."""

    pace: Pace
    tell: Callable[[Sentence], None]
    delays: Delays = field(default_factory=Delays)
    _drafts: dict[str, Draft] = field(default_factory=dict)

    async def watch(self, url: str, meeting_id: str) -> None:
        """Follow the meeting's events until it has ended."""
        async with MeetingClient(url) as client:
            async for event in client.events(meeting_id):
                self.accept(event)

    def accept(self, event: MeetingEvent) -> None:
        """Take one event, just received."""
        match event:
            case StoredEvent(event=SentenceFinalized(sentence)):
                self.delays.finals_ms.append(self.pace.delay_ms(sentence.end_ms))
                self.tell(sentence)
            case DraftChanged(draft) if self._is_news(draft):
                self.delays.drafts_ms.append(self.pace.delay_ms(draft.end_ms))

    def _is_news(self, draft: Draft) -> bool:
        """Whether it reaches further than the participant's last draft; a withdrawn one is not text."""
        before = self._drafts.get(draft.participant_id)
        self._drafts[draft.participant_id] = draft
        return bool(draft.text) and (before is None or draft.end_ms > before.end_ms)


async def prepare(url: str, script: Script, folder: Path, speed: float, clock: Clock) -> Player:
    """Read the recordings and create the meeting; playing begins at once.

    Raises:
        MeetingServiceError: a recording is missing, or the service refused.
    """
    sounds = await asyncio.to_thread(read_sounds, script, folder)
    started_at = choose_start(clock.utc_now(), script.duration_ms, speed)
    async with MeetingClient(url) as client:
        meeting = await client.create_meeting(title=script.title, started_at=started_at)
    return Player(url, script, sounds, meeting, Pace(clock, speed))
