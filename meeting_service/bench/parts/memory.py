"""Whether memory stays flat: a meeting of many hours, played as fast as the service takes it.

Three people are in it, and every minute two of them say a sentence; the rest is digital silence. Audio is
sent over the WebSocket and held back while text is more than a few minutes behind, so what is measured at an
hour of audio is what that hour left behind, not what waits. The first hours do not count: they fill what has
a bound, the latest 256 events and two megabytes of pages for each connection to a database.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from meeting_service.audio import RECOGNITION_RATE_HZ, Pcm
from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure, Rows, Target
from meeting_service.bench.part import Part
from meeting_service.bench.served import Served, ServedUsage, serve
from meeting_service.bench.speech import list_sentences, to_pcm
from meeting_service.bench.trend import Trend, fit
from meeting_service.client import MeetingClient
from meeting_service.client.stream import AudioStream
from meeting_service.clock import SystemClock
from meeting_service.events import SentenceFinalized, StoredEvent
from meeting_service.meeting import Meeting

PEOPLE = 3
MINUTE_S = 60
SPEAKS_AT_S = 20
LEAD_MS = 3 * MINUTE_S * 1_000
"""how far the audio may be ahead of the text"""
TEXT_PATIENCE_S = 20.0
"""after which text that does not come is waited for no more"""
SAMPLE_EVERY_MINUTES = 5
FLOOR_MB_H = 0.5
"""growth too small to be told from the pages that an allocator happens to hold"""
_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """What is held at an hour of the meeting."""

    hour: float
    usage: ServedUsage


@dataclass
class _Player:
    """Plays the meeting and samples; used once."""

    served: Served
    meeting: Meeting
    streams: Sequence[AudioStream] = ()
    samples: list[Sample] = field(default_factory=list)
    _heard_ms: int = 0
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self, client: MeetingClient) -> None:
        """Follow how far text has come."""
        async for event in client.events(self.meeting.id):
            if isinstance(event, StoredEvent) and isinstance(event.event, SentenceFinalized):
                self._heard_ms = max(self._heard_ms, event.event.sentence.end_ms)
                self._heard.set()

    async def play(self, minutes: int) -> None:
        """Send minute after minute."""
        for minute in range(minutes):
            silent = minute % PEOPLE
            for number, stream in enumerate(self.streams):
                await stream.write(make_minute(None if number == silent else PEOPLE * minute + number))
            await self._wait_for_text(minute * MINUTE_S * 1_000 - LEAD_MS)
            if (minute + 1) % SAMPLE_EVERY_MINUTES == 0:
                self.samples.append(Sample((minute + 1) / 60, self.served.usage()))

    async def _wait_for_text(self, through_ms: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TEXT_PATIENCE_S):
                while self._heard_ms < through_ms:
                    self._heard.clear()
                    await self._heard.wait()


def make_minute(number: int | None) -> Pcm:
    """A minute in which a sentence is said, or with None nothing."""
    pcm = np.zeros(MINUTE_S * RECOGNITION_RATE_HZ, np.int16)
    if number is not None:
        sentence = to_pcm(list_sentences()[number % len(list_sentences())].samples)
        start = SPEAKS_AT_S * RECOGNITION_RATE_HZ
        pcm[start : start + len(sentence)] = sentence
    return pcm


async def play_long_meeting(served: Served, minutes: int) -> list[Sample]:
    """What the service holds every few minutes of a meeting of so many."""
    started_at = SystemClock().utc_now() - timedelta(minutes=minutes)
    async with MeetingClient(served.url) as client:
        meeting = await client.create_meeting(title="A long one", started_at=started_at)
        player = _Player(served, meeting)
        async with asyncio.TaskGroup() as group:
            group.create_task(player.watch(client), name="watcher")
            player.streams = [
                client.open_stream(
                    meeting.id, f"speaker-{number}", rate=RECOGNITION_RATE_HZ, captured_at=started_at
                )
                for number in range(PEOPLE)
            ]
            await player.play(minutes)
            await asyncio.gather(*(stream.finish() for stream in player.streams))
            await client.end(meeting.id)
    return player.samples


def _run(context: Context) -> Iterator[Figure]:
    minutes, warm_up_h = context.choose(30, 480), context.choose(10, 150) / 60
    context.say(f"a meeting of {minutes / 60:g} hours, played fast")
    with serve(context.scratch / "memory", "demo") as served:
        samples = asyncio.run(play_long_meeting(served, minutes))
    yield describe_growth(samples, warm_up_h)


def describe_growth(samples: Sequence[Sample], warm_up_h: float) -> Figure:
    """The slope of all memory after the warm-up, held against its own noise."""
    warm = [sample for sample in samples if sample.hour > warm_up_h]
    hours = [sample.hour for sample in warm]
    service = fit(hours, [sample.usage.service.rss_bytes / _MB for sample in warm])
    worker = fit(hours, [sample.usage.worker.rss_bytes / _MB for sample in warm])
    both = fit(hours, [sample.usage.rss_bytes / _MB for sample in warm])
    noise = max(2 * both.error, FLOOR_MB_H)
    note = f"{samples[-1].hour:g} h of audio, from {warm_up_h:.1f} h on; noise is ±{noise:.2g}"
    first, last = warm[0].usage, warm[-1].usage
    rows = (
        _row("service", service, first.service.rss_bytes, last.service.rss_bytes),
        _row("worker", worker, first.worker.rss_bytes, last.worker.rss_bytes),
    )
    return Figure(
        "memory_slope",
        both.slope,
        note,
        target=Target("≤", noise),
        rows=Rows(("process", "MB/h", "± (2 s.e.)", "MB at first", "MB at last"), rows),
        details={
            "samples": [
                [round(s.hour, 3), s.usage.service.rss_bytes, s.usage.worker.rss_bytes] for s in samples
            ]
        },
    )


def _row(name: str, trend: Trend, first: int, last: int) -> tuple[str, ...]:
    return (name, f"{trend.slope:+.2f}", f"{2 * trend.error:.2f}", f"{first / _MB:.0f}", f"{last / _MB:.0f}")


PART = Part("memory", "memory in a long meeting", ("memory_slope",), 3.5, _run)
