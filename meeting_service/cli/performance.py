"""The demo's performance: plays the meeting, prints what is heard as it comes, takes it away and reports."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rich.text import Text

from meeting_service.cli.console import rich_console
from meeting_service.cli.results import write_file
from meeting_service.client import MeetingClient
from meeting_service.clock import SystemClock
from meeting_service.demo import MEETING_FOLDER
from meeting_service.demo.player import Player, Watcher, prepare
from meeting_service.demo.report import Delays, describe_delays, score
from meeting_service.demo.script import Script
from meeting_service.transcript import Sentence, Transcript

COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
FORMATS = ("srt", "txt")


@dataclass(frozen=True, slots=True)
class Performance:
    """One showing of a meeting."""

    script: Script
    folder: Path
    """where its recordings are"""
    speed: float
    """times the speed of life"""
    out: Path
    """where the transcripts go"""

    @classmethod
    def of_bundled_meeting(cls, speed: float, out: Path) -> Self:
        """Of the meeting that comes with the service."""
        return cls(Script.load(MEETING_FOLDER), MEETING_FOLDER, speed, out)

    async def perform(self, url: str) -> None:
        """Play the meeting into the service at `url`, from the beginning to the report.

        Raises:
            MeetingServiceError, ExceptionGroup: when something of it does not work.
        """
        player = await prepare(url, self.script, self.folder, self.speed, SystemClock())
        self._introduce(url, player)
        watcher = Watcher(player.pace, self._print)
        async with MeetingClient(url) as client:
            async with asyncio.TaskGroup() as group:
                group.create_task(watcher.watch(url, player.meeting.id), name="demo watcher")
                await player.play()
                await client.end(player.meeting.id)
            written = await self._take_away(client, player.meeting.id)
            self._report(await client.transcript(player.meeting.id), watcher.delays)
        print(f"written: {', '.join(map(str, written))}")

    @property
    def _played(self) -> str:
        return "" if self.speed == 1 else f", played {self.speed:g} times as fast as life"

    def _introduce(self, url: str, player: Player) -> None:
        length = f"{describe_time(self.script.duration_ms)} min{self._played}"
        people = f"- {len(self.script.participants)} participants, {length}"
        rich_console().print(Text(self.script.title, style="bold"), people)
        print(f"watch it live: {url}meetings/{player.meeting.id}\n")

    def _print(self, sentence: Sentence) -> None:
        begin = Text(f"{describe_time(sentence.start_ms):>5}", style="dim")
        rich_console().print(begin, self._label(sentence.participant_id), sentence.text, sep="  ")

    def _label(self, participant: str) -> Text:
        names = {speaker.id: speaker.name for speaker in self.script.participants}
        colour = COLOURS[list(names).index(participant) % len(COLOURS)]
        return Text(names[participant].ljust(max(map(len, names.values()))), style=colour)

    async def _take_away(self, client: MeetingClient, meeting_id: str) -> list[Path]:
        paths = [self.out / f"transcript.{form}" for form in FORMATS]
        for path, form in zip(paths, FORMATS, strict=True):
            write_file(path, (await client.export(meeting_id, form)).encode())
        return paths

    def _report(self, transcript: Transcript, delays: Delays) -> None:
        found = score(self.script, ((s.participant_id, s.text) for s in transcript.sentences))
        by_name = ", ".join(f"{name} {100 * errors.rate:.1f} %" for name, errors in found.by_name.items())
        overall = found.overall
        print(f"\nword error rate {100 * overall.rate:.1f} % of {overall.words} words ({by_name})")
        print(describe_delays("final text after a sentence's last sound", delays.finals_ms) + self._played)
        print(describe_delays("drafts after the last sound they hold", delays.drafts_ms) + self._played)


def describe_time(offset_ms: int) -> str:
    """An offset as minutes and seconds."""
    minutes, seconds = divmod(offset_ms // 1000, 60)
    return f"{minutes}:{seconds:02}"
