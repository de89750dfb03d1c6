"""The demo's performance: plays the meeting, prints what is heard as it comes, takes it away and reports."""

import asyncio
from collections.abc import Callable

from rich.text import Text

from meeting_service.cli.console import rich_console
from meeting_service.cli.demo import Demonstration
from meeting_service.cli.results import write_file
from meeting_service.client import MeetingClient
from meeting_service.clock import SystemClock
from meeting_service.demo.player import Player, Watcher, prepare
from meeting_service.demo.report import Delays, describe_delays, score
from meeting_service.demo.script import Script
from meeting_service.transcript import Sentence

COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
FORMATS = ("srt", "txt")


async def perform(url: str, shown: Demonstration) -> None:
    """Play the meeting once, from its beginning to the report.

    Raises:
        MeetingServiceError: when something of it does not work.
    """
    player = await prepare(url, shown.script, shown.folder, shown.speed, SystemClock())
    _introduce(url, player, shown)
    watcher = Watcher(player.pace, _printer(shown.script))
    async with asyncio.TaskGroup() as group, MeetingClient(url) as client:
        group.create_task(watcher.watch(url, player.meeting.id), name="demo watcher")
        await player.play()
        await client.end(player.meeting.id)
    await _conclude(url, player, watcher.delays, shown)


def _introduce(url: str, player: Player, shown: Demonstration) -> None:
    script, console = shown.script, rich_console()
    speed = "" if shown.speed == 1 else f", played {shown.speed:g} times as fast"
    length = f"{describe_time(script.duration_ms)} min{speed}"
    console.print(Text(script.title, style="bold"), f"- {len(script.participants)} participants, {length}")
    console.print(f"watch it live: {url}meetings/{player.meeting.id}\n")


def _printer(script: Script) -> Callable[[Sentence], None]:
    console = rich_console()
    width = max(len(speaker.name) for speaker in script.participants)
    names = {
        speaker.id: Text(speaker.name.ljust(width), style=COLOURS[index % len(COLOURS)])
        for index, speaker in enumerate(script.participants)
    }

    def show(sentence: Sentence) -> None:
        begin = Text(f"{describe_time(sentence.start_ms):>5}", style="dim")
        console.print(
            begin, names.get(sentence.participant_id, sentence.participant_id), sentence.text, sep="  "
        )

    return show


async def _conclude(url: str, player: Player, delays: Delays, shown: Demonstration) -> None:
    async with MeetingClient(url) as client:
        transcript = await client.transcript(player.meeting.id)
        files = {
            shown.out / f"transcript.{form}": await client.export(player.meeting.id, form) for form in FORMATS
        }
    for path, text in files.items():
        write_file(path, text.encode())
    found = score(shown.script, ((s.participant_id, s.text) for s in transcript.sentences))
    by_name = ", ".join(f"{name} {100 * errors.rate:.1f} %" for name, errors in found.by_name.items())
    say = rich_console().print
    say(f"\nword error rate {100 * found.overall.rate:.1f} % of {found.overall.words} words ({by_name})")
    played = "" if shown.speed == 1 else f", played {shown.speed:g} times as fast as life"
    say(describe_delays("final text after a sentence's last sound", delays.finals_ms) + played)
    say(describe_delays("drafts after the last sound they hold", delays.drafts_ms) + played)
    say("written: " + ", ".join(map(str, files)))


def describe_time(offset_ms: int) -> str:
    """An offset as minutes and seconds."""
    minutes, seconds = divmod(offset_ms // 1000, 60)
    return f"{minutes}:{seconds:02}"
