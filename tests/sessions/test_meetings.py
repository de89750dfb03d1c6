"""The live side of meetings: one each, whoever asks when, and nobody waits for another's."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from meeting_service.errors import MeetingEnded, NotFound, TooMany
from meeting_service.meeting import Meeting, NewMeeting
from meeting_service.sessions.inputs import AudioInput
from meeting_service.sessions.meetings import AWAITED_S
from meeting_service.settings import Settings
from meeting_service.storage import Store
from tests.sessions.conftest import RATE_HZ, talk
from tests.sessions.parts import DeafWorker, run_on
from tests.storage.conftest import FakeClock


class SlowStore(Store):
    """Has made a meeting, or is asked for the one called `slow`, and does not say so until it may."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.asked, self.free = asyncio.Event(), asyncio.Event()

    async def create_meeting(self, new: NewMeeting) -> tuple[Meeting, bool]:
        """Make it, then wait."""
        made = await super().create_meeting(new)
        await self._wait()
        return made

    async def get_meeting(self, meeting_id: str) -> Meeting:
        """Wait, then read."""
        if meeting_id == "slow":
            await self._wait()
        return await super().get_meeting(meeting_id)

    async def _wait(self) -> None:
        self.asked.set()
        await self.free.wait()


async def test_audio_that_comes_while_its_meeting_is_made_is_ended_with_it(settings: Settings) -> None:
    """Somebody knows the id before its creator does: there is one meeting, and its end is the end of all."""
    worker = DeafWorker()
    async with run_on(settings, worker, store=SlowStore) as sessions:
        store = sessions.store
        assert isinstance(store, SlowStore)

        async def send() -> AudioInput:
            audio = await sessions.open_input("m", ["ann"], RATE_HZ)
            await audio.append(talk(1, 2), 0)
            return audio

        creating = asyncio.create_task(sessions.create_meeting(NewMeeting(id="m")))
        await store.asked.wait()
        sending = asyncio.create_task(send())
        for _ in range(20):  # the sender has had its turn, if it was let in
            await sessions.store.list_streams("m")
        store.free.set()
        await creating
        audio = await sending
        await sessions.end_meeting("m", wait=False)

        with pytest.raises(MeetingEnded):
            await audio.append(talk(1, 2), 2 * RATE_HZ)


async def test_as_many_at_once_as_may_be(settings: Settings) -> None:
    """Also of those that are created at the same moment."""
    limits = settings.limits.model_copy(update={"live_meetings": 2})
    async with run_on(settings.model_copy(update={"limits": limits}), DeafWorker()) as sessions:
        wanted = [sessions.create_meeting(NewMeeting(id=f"m{n}")) for n in range(4)]
        made = await asyncio.gather(*wanted, return_exceptions=True)

    assert [False, False, True, True] == [isinstance(result, TooMany) for result in made]


async def test_meetings_that_nobody_uses_shut_nobody_out(settings: Settings) -> None:
    """They count for a minute, those of which audio came or a sender is there as long as they are live."""
    limits, clock = settings.limits.model_copy(update={"live_meetings": 2}), FakeClock()
    limited = settings.model_copy(update={"limits": limits})
    async with run_on(limited, DeafWorker(), clock=clock) as sessions:
        for name in ("clicked", "again"):
            await sessions.create_meeting(NewMeeting(id=name))
        clock.advance(seconds=AWAITED_S - 1)
        with pytest.raises(TooMany):
            await sessions.create_meeting(NewMeeting(id="early"))
        clock.advance(seconds=1)
        await sessions.create_meeting(NewMeeting(id="used"))
        await (await sessions.open_input("used", ["ann"], RATE_HZ)).append(talk(1, 2), 0)
        await sessions.create_meeting(NewMeeting(id="joined"))
        sender = asyncio.create_task(sessions.wait_over("joined"))
        await sessions.check_live("joined")
        clock.advance(hours=1)
        with pytest.raises(TooMany):
            await sessions.create_meeting(NewMeeting(id="late"))
        sender.cancel()
        with suppress(asyncio.CancelledError):
            await sender
    clock.advance(hours=1)
    async with run_on(limited, DeafWorker(), clock=clock) as sessions:
        await sessions.create_meeting(NewMeeting(id="restarted"))
        with pytest.raises(TooMany):
            await sessions.create_meeting(NewMeeting(id="later"))


async def test_nobody_waits_for_anothers_meeting(settings: Settings) -> None:
    """While one is read, audio of those that are known is taken."""
    async with run_on(settings, DeafWorker(), store=SlowStore) as sessions:
        store = sessions.store
        assert isinstance(store, SlowStore)
        store.free.set()
        await sessions.create_meeting(NewMeeting(id="m"))
        store.asked.clear()
        store.free.clear()
        reading = asyncio.create_task(sessions.check_live("slow"))
        await store.asked.wait()
        async with asyncio.timeout(10):
            await sessions.check_live("m")
        store.free.set()

        with pytest.raises(NotFound):
            await reading
