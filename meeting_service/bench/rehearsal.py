"""Meetings held at the same time for a while, at the speed of life: what came when, and at what cost."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import ClientSession

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.bench.bots import Bot
from meeting_service.bench.delays import Delays, Shown, measure_delays
from meeting_service.bench.served import Served, ServedUsage
from meeting_service.bench.turns import Track
from meeting_service.client import MeetingClient
from meeting_service.events import DraftChanged, MeetingEvent, SentenceFinalized, StoredEvent
from meeting_service.meeting import Meeting

SETTLE_S = 3.0
"""audio at the beginning that is not judged: people come one after another"""
END_PATIENCE_S = 20.0
"""how long the last words are waited for"""


_Mark = tuple[float, ServedUsage]
"""a monotonic time and what had been used by then"""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What one such while came to."""

    meetings: tuple[str, ...]
    """their ids"""
    seconds: float
    speech_s: float
    """of all participants together"""
    delays: Delays
    begun: ServedUsage
    """before the first sample was sent"""
    settled: ServedUsage
    """when everybody's audio was coming"""
    played: ServedUsage
    """when all of it had come"""
    steady_s: float
    """between the two"""
    done: ServedUsage
    """when all text was final"""
    refusals: int
    late_ms: float
    """how late the bots themselves were at worst"""
    bots_cpu_s: float

    @property
    def cpu_s(self) -> float:
        """CPU time of service and worker for all of it."""
        return self.done.cpu_s - self.begun.cpu_s

    @property
    def steady_ms_per_s(self) -> tuple[float, float]:
        """CPU time of the service's own process and of the worker per second, while everybody was there."""
        service = self.played.service.cpu_s - self.settled.service.cpu_s
        worker = self.played.worker.cpu_s - self.settled.worker.cpu_s
        return 1_000 * service / self.steady_s, 1_000 * worker / self.steady_s

    @property
    def in_time(self) -> bool:
        """Whether text came as soon as it should and nothing was refused."""
        return self.delays.in_time and self.refusals == 0


@dataclass
class _Scene:
    """One meeting with its bot and what its watcher saw."""

    meeting: Meeting
    bot: Bot
    shown: dict[str, list[Shown]] = field(default_factory=dict)

    def accept(self, event: MeetingEvent) -> None:
        """Note text that has just come."""
        at_s = time.monotonic()
        match event:
            case StoredEvent(event=SentenceFinalized(text)):
                ends = tuple(word.end_ms for word in text.words)
                self._note(text.participant_id, Shown(at_s, True, text.start_ms, text.end_ms, ends))
            case DraftChanged(draft) if draft.text:
                self._note(draft.participant_id, Shown(at_s, False, draft.start_ms, draft.end_ms))

    def delays(self) -> Delays:
        """Of all its participants."""
        total, since = Delays(), round(SETTLE_S * RECOGNITION_RATE_HZ)
        for participant, sent in self.bot.sent.items():
            total.add(measure_delays(sent, self.shown.get(participant, []), since))
        return total

    def _note(self, participant: str, shown: Shown) -> None:
        self.shown.setdefault(participant, []).append(shown)


async def rehearse(served: Served, meetings: Sequence[Sequence[Track]], *, keep: bool = False) -> Rehearsal:
    """Hold meetings of these tracks at the same time; they are deleted afterwards unless told to be kept.

    Raises:
        MeetingServiceError: the service refused a meeting or a socket.
    """
    async with ClientSession() as session, MeetingClient(served.url) as client:
        scenes = [await _prepare(client, served.url, tracks) for tracks in meetings]
        marks, own_s = [_mark(served)], time.process_time()
        async with asyncio.TaskGroup() as group:
            watchers = [group.create_task(_watch(client, scene), name="watcher") for scene in scenes]
            settling = group.create_task(_settle(served, scenes), name="settling")
            await _play(session, scenes)
            marks += [await settling, _mark(served)]
            own_s = time.process_time() - own_s
            await _end(client, scenes)
            marks.append(_mark(served))
            for watcher in watchers:
                watcher.cancel()
        for scene in () if keep else scenes:
            await session.delete(f"{served.url}v1/meetings/{scene.meeting.id}")
    return _conclude(scenes, marks, own_s)


def _mark(served: Served) -> _Mark:
    return time.monotonic(), served.usage()


async def _settle(served: Served, scenes: Sequence[_Scene]) -> _Mark:
    """Wait until everybody is there and heard."""
    await asyncio.gather(asyncio.sleep(SETTLE_S), *(scene.bot.joined.wait() for scene in scenes))
    return _mark(served)


async def _prepare(client: MeetingClient, url: str, tracks: Sequence[Track]) -> _Scene:
    meeting = await client.create_meeting(title="Rehearsal")
    return _Scene(meeting, Bot(url, meeting, {f"speaker-{i}": track for i, track in enumerate(tracks)}))


async def _watch(client: MeetingClient, scene: _Scene) -> None:
    async for event in client.events(scene.meeting.id):
        scene.accept(event)


async def _play(session: ClientSession, scenes: Sequence[_Scene]) -> None:
    async with asyncio.TaskGroup() as group:
        for scene in scenes:
            group.create_task(scene.bot.play(session), name="bot")


async def _end(client: MeetingClient, scenes: Sequence[_Scene]) -> None:
    """End all meetings; text that then still does not come counts as never come."""
    with suppress(TimeoutError):
        async with asyncio.timeout(END_PATIENCE_S):
            await asyncio.gather(*(client.end(scene.meeting.id) for scene in scenes))


def _conclude(scenes: Sequence[_Scene], marks: Sequence[_Mark], own_s: float) -> Rehearsal:
    delays = Delays()
    for scene in scenes:
        delays.add(scene.delays())
    sent = [sent for scene in scenes for sent in scene.bot.sent.values()]
    return Rehearsal(
        meetings=tuple(scene.meeting.id for scene in scenes),
        seconds=max(one.track.seconds for one in sent),
        speech_s=sum(one.track.speech_s for one in sent),
        delays=delays,
        begun=marks[0][1],
        settled=marks[1][1],
        played=marks[2][1],
        steady_s=max(marks[2][0] - marks[1][0], 1e-3),
        done=marks[3][1],
        refusals=sum(scene.bot.refusals for scene in scenes),
        late_ms=max(one.late_s for one in sent) * 1_000,
        bots_cpu_s=own_s,
    )
