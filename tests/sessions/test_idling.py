"""Meetings that everybody left: when they end by themselves, and when they do not."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from meeting_service.clock import MeetingClock
from meeting_service.errors import MeetingEnded
from meeting_service.events import MeetingChanged, StoredEvent
from meeting_service.meeting import Meeting, MeetingState, NewMeeting
from meeting_service.sessions import SessionManager
from meeting_service.sessions.idling import RETURN_S
from meeting_service.settings import Settings
from meeting_service.storage import Store
from tests.sessions.conftest import RATE_HZ, talk
from tests.sessions.parts import DeafWorker, run_on
from tests.storage.conftest import START, FakeClock


class SetClock(FakeClock):
    """A wall clock that can be set without time passing."""

    def __init__(self) -> None:
        super().__init__()
        self._set = timedelta()

    def set_ahead(self, span: timedelta) -> None:
        """Set it."""
        self._set += span
        self.now += span

    def monotonic_s(self) -> float:
        """Of that nobody sees anything here."""
        return super().monotonic_s() - self._set.total_seconds()


class StuckStore(Store):
    """Waits before the end of one meeting."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.free = asyncio.Event()

    async def set_meeting_state(
        self, meeting_id: str, state: MeetingState, ended_at: datetime | None = None
    ) -> StoredEvent:
        """Wait if it is the one."""
        if meeting_id == "stuck":
            await self.free.wait()
        return await super().set_meeting_state(meeting_id, state, ended_at)


@pytest.fixture
def clock() -> SetClock:
    """The service's."""
    return SetClock()


def ruled(settings: Settings, **rules: float | str) -> Settings:
    """With other rules."""
    return settings.model_copy(update={"meetings": settings.meetings.model_copy(update=dict(rules))})


async def speak(sessions: SessionManager) -> None:
    """Somebody sends two seconds."""
    audio = await sessions.open_input("m", ["ann"], RATE_HZ)
    await audio.append(talk(1, 2), None)


async def check(sessions: SessionManager) -> Mapping[str, MeetingState]:
    """How meetings are, after a look at whether they are over."""
    await sessions.idling.check()
    return {m.id: m.state for m in (await sessions.store.list_meetings()).meetings}


async def test_it_ends_as_if_somebody_had_asked(settings: Settings, clock: SetClock) -> None:
    """Watchers are told, bots are refused, and it ended when the last audio came."""
    async with run_on(settings, DeafWorker(), clock=clock) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        clock.advance(hours=1)
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(talk(1, 2), None)
        await audio.end()
        (live,) = (await sessions.store.list_streams("m"))[:1]
        found = sessions.streams.find(live.id)
        assert found is not None
        sessions.streams.forget(*found)  # its text is all final
        clock.advance(hours=3.9)
        early = await check(sessions)
        clock.advance(hours=0.2)
        with sessions.subscribe("m", await sessions.store.last_seq("m")) as watcher:
            await sessions.idling.check()
            news = [await anext(watcher) for _ in range(2)]
        ended = await sessions.get_meeting("m")
        with pytest.raises(MeetingEnded):
            await audio.append(talk(1, 2), None)
        with pytest.raises(MeetingEnded):
            await speak(sessions)

    assert {"m": MeetingState.LIVE} == early
    assert [MeetingState.ENDING, MeetingState.ENDED] == [
        told.event.meeting.state
        for told in news
        if isinstance(told, StoredEvent) and isinstance(told.event, MeetingChanged)
    ]
    assert (MeetingState.ENDED, START + timedelta(hours=1)) == (ended.state, ended.ended_at)
    assert clock.now == ended.kept_from


async def test_who_slept_with_the_machine_has_time_to_come_back(settings: Settings, clock: SetClock) -> None:
    """A day with a closed lid ends no meeting, as long as somebody speaks soon."""
    async with run_on(settings, DeafWorker(), clock=clock) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        await speak(sessions)
        clock.advance(hours=24)
        sessions.idling.wake()
        awake = await check(sessions)
        clock.advance(seconds=RETURN_S)
        later = await check(sessions)

    assert {"m": MeetingState.LIVE} == awake
    assert {"m": MeetingState.ENDING} == later


async def test_one_that_never_had_audio_has_longer(settings: Settings, clock: SetClock) -> None:
    """From when it was made or, if that is later, from the start that was said."""
    async with run_on(settings, DeafWorker(), clock=clock) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        await sessions.create_meeting(NewMeeting(id="tomorrow", started_at=START + timedelta(days=1)))
        clock.advance(hours=23.9)
        before = await check(sessions)
        clock.advance(hours=0.2)
        after = await check(sessions)
        clock.advance(hours=24)
        later = await check(sessions)
        ended = [(await sessions.end_meeting(m)).ended_at for m in ("m", "tomorrow")]

    live, over = MeetingState.LIVE, (MeetingState.ENDING, MeetingState.ENDED)
    assert {"m": live, "tomorrow": live} == before
    assert after["m"] in over
    assert live == after["tomorrow"]
    assert later["tomorrow"] in over
    assert [START, START + timedelta(days=1)] == ended


async def test_a_sender_who_is_connected_keeps_it(settings: Settings, clock: SetClock) -> None:
    """Though nothing is sent; when the last one leaves, time begins to count."""
    async with run_on(settings, DeafWorker(), clock=clock) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        await speak(sessions)
        sender = asyncio.create_task(sessions.wait_over("m"))
        clock.advance(hours=30)
        connected = await check(sessions)
        clock.advance(hours=3)
        sender.cancel()
        with suppress(asyncio.CancelledError):
            await sender
        clock.advance(hours=3)
        waiting = await check(sessions)
        clock.advance(hours=2)
        over = await check(sessions)

    assert [{"m": MeetingState.LIVE}] * 2 == [connected, waiting]
    assert {"m": MeetingState.ENDING} == over


async def test_a_restart_forgets_nothing(settings: Settings, clock: SetClock) -> None:
    """The time before it counts, and that in which nothing ran; but whoever comes back has time to."""
    async with run_on(settings, DeafWorker(), clock=clock) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        await speak(sessions)
        clock.advance(hours=2)
        await speak(sessions)
        clock.advance(hours=2)
        await sessions.idling.check()
        kept = await sessions.store.find_clock("m")
    clock.advance(hours=1)
    async with run_on(settings, DeafWorker(), clock=clock) as sessions:
        clock.advance(seconds=RETURN_S + 1)
        not_yet = await check(sessions)
    clock.advance(hours=3)
    async with run_on(settings, DeafWorker(), clock=clock) as sessions:
        clock.advance(seconds=RETURN_S - 1)
        away = await check(sessions)
        clock.advance(seconds=2)
        over = await check(sessions)

    assert MeetingClock("m", 2 * 3_600_000) == kept
    assert [{"m": MeetingState.LIVE}] * 2 == [not_yet, away]
    assert {"m": MeetingState.ENDING} == over


async def test_a_clock_that_is_set_ends_nothing(settings: Settings, clock: SetClock) -> None:
    """Neither at once nor after a restart."""
    async with run_on(settings, DeafWorker(), clock=clock) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        await speak(sessions)
        clock.advance(hours=1)
        clock.set_ahead(timedelta(days=40))
        running = await check(sessions)
    async with run_on(settings, DeafWorker(), clock=clock) as sessions:
        clock.advance(hours=1)
        restarted = await check(sessions)

    assert [{"m": MeetingState.LIVE}] * 2 == [running, restarted]


async def test_never(settings: Settings, clock: SetClock) -> None:
    """As it may be set, for either kind."""
    async with run_on(ruled(settings, end_idle_h="never"), DeafWorker(), clock=clock) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        await sessions.create_meeting(NewMeeting(id="unused"))
        await speak(sessions)
        clock.advance(days=365)
        found = await check(sessions)

    assert MeetingState.LIVE == found["m"]
    assert MeetingState.LIVE != found["unused"]


async def test_of_unused_ones_only_so_many_are_kept(settings: Settings, clock: SetClock) -> None:
    """The most recent, of those that had ten minutes; one that was used is none of them."""
    limits = settings.limits.model_copy(update={"live_meetings": 2})
    limited = ruled(settings, end_unused_h="never").model_copy(update={"limits": limits})
    async with run_on(limited, DeafWorker(), clock=clock) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        await speak(sessions)
        for name in ("oldest", "older", "old", "new"):
            clock.advance(seconds=RETURN_S / 2)
            await sessions.create_meeting(NewMeeting(id=name))
        before = await check(sessions)
        clock.advance(seconds=RETURN_S / 2)
        after = await check(sessions)

    live, over = MeetingState.LIVE, (MeetingState.ENDING, MeetingState.ENDED)
    assert {live} == set(before.values())
    assert after["oldest"] in over
    assert [live] * 4 == [after[name] for name in ("m", "older", "old", "new")]


async def test_one_that_cannot_end_holds_up_no_other(settings: Settings, clock: SetClock) -> None:
    """Whichever is asked first; it ends once it can."""
    async with run_on(settings, DeafWorker(), store=StuckStore, clock=clock) as sessions:
        store = sessions.store
        assert isinstance(store, StuckStore)
        for name in ("m1", "stuck", "m3"):
            await sessions.create_meeting(NewMeeting(id=name))
        clock.advance(hours=25)
        checking = asyncio.create_task(sessions.idling.check())
        async with asyncio.timeout(20):
            while {"stuck"} != {meeting.id for meeting in await list_live(sessions)}:
                pass
        store.free.set()
        await checking

        assert [] == await list_live(sessions)


async def list_live(sessions: SessionManager) -> list[Meeting]:
    """Those that take audio."""
    return [*(await sessions.store.list_meetings(state=MeetingState.LIVE)).meetings]
