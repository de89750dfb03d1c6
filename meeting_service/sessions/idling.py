"""Meetings that everybody left without a word: they end by themselves."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping

import structlog

from meeting_service.clock import Clock, MeetingClock
from meeting_service.errors import MeetingServiceError
from meeting_service.sessions.live import LiveMeeting
from meeting_service.sessions.meetings import LiveMeetings
from meeting_service.settings import MeetingSettings
from meeting_service.storage import Store

log = structlog.get_logger()

CHECK_EVERY_S = 60.0
PATIENCE_S = 10.0
"""for meetings that do not end at once; the next look finds them"""
SLEPT_S = 3 * CHECK_EVERY_S
"""between two looks: then the machine was asleep"""
RETURN_S = 600.0
"""how long after a start, or a sleep, senders have to come back, though they were away for long"""


class Idling:
    """Keeps the time of live meetings, and ends those that are idle for too long. Runs on the event loop.

    A meeting is idle while no audio comes and no sender is connected; that the service was down counts, too.
    Of those that never had audio only so many are kept: anybody's click makes one.
    What is known of it is kept once a minute, so a service that dies forgets a minute at most.

    Args:
        rules: of the settings.
        unused_meetings: of them no more are kept.
        meetings: those that are live.
        store: where their time is kept.
        clock: of the service.
        end: ends a meeting, as if somebody had asked when something came last.
    """

    def __init__(
        self,
        rules: MeetingSettings,
        unused_meetings: int,
        meetings: LiveMeetings,
        store: Store,
        clock: Clock,
        end: Callable[[LiveMeeting], Coroutine[None, None, None]],
    ) -> None:
        self._rules = rules
        self._unused_meetings = unused_meetings
        self._meetings = meetings
        self._store = store
        self._clock = clock
        self._end = end
        self._begun_s = clock.monotonic_s()
        self._kept: Mapping[str, MeetingClock] = {}
        self._ends: dict[str, asyncio.Task[None]] = {}
        """of meetings that are being ended, by id"""

    async def run(self) -> None:
        """Look every minute until cancelled."""
        while True:
            looked_s = self._clock.monotonic_s()
            await asyncio.sleep(CHECK_EVERY_S)
            if self._clock.monotonic_s() - looked_s > SLEPT_S:
                self.wake()
            try:
                await self.check()
            except MeetingServiceError as error:
                log.warning("idle_meetings_wait", code=error.code, detail=error.detail)

    def wake(self) -> None:
        """The machine was asleep, and everybody with it: senders have time to come back, as after a start."""
        self._begun_s = self._clock.monotonic_s()

    async def check(self) -> None:
        """Keep how it is, and end what is over.

        Raises:
            StorageFailed, Overloaded: it cannot be kept or ended; the next look may.
        """
        await self.keep()
        for live in self._list_over():
            if live.id not in self._ends:
                log.info("idle_meeting_ends", meeting=live.id, idle_h=round(self._idle_s(live) / 3600, 2))
                self._ends[live.id] = asyncio.create_task(self._end(live), name=f"idle meeting {live.id}")
        if self._ends:
            await self._see_ends()

    async def keep(self) -> None:
        """Keep the time of live meetings where it is news.

        Raises:
            StorageFailed, Overloaded: it cannot be kept.
        """
        now, now_s = self._clock.utc_now(), self._clock.monotonic_s()
        for live in self._meetings.list_live():
            if live.senders:
                live.present.touch(now_s)
        clocks = {live.id: live.present.to_clock(now, now_s) for live in self._meetings.list_live()}
        changed = [clock for clock in clocks.values() if clock != self._kept.get(clock.meeting_id)]
        if changed:
            await self._store.keep_clocks(changed)
        self._kept = clocks

    async def _see_ends(self) -> None:
        """Wait for ends, but none for another's."""
        done, waiting = await asyncio.wait(self._ends.values(), timeout=PATIENCE_S)
        self._ends = {meeting_id: end for meeting_id, end in self._ends.items() if end in waiting}
        failures = [end.exception() for end in done if not end.cancelled()]
        for failure in filter(None, failures):
            raise failure

    def _list_over(self) -> list[LiveMeeting]:
        """Those that were idle for too long, and unused ones that are too many, the most recent ones kept."""
        live = sorted(self._meetings.list_live(), key=self._idle_s)
        unused = [one for one in live if not one.used and self._has_passed(one, RETURN_S)]
        too_many = unused[self._unused_meetings :]
        return [one for one in live if one in too_many or self._is_over(one)]

    def _is_over(self, live: LiveMeeting) -> bool:
        return self._has_passed(live, self._rules.idle_s if live.used else self._rules.unused_s)

    def _has_passed(self, live: LiveMeeting, limit_s: float | None) -> bool:
        """Whether it is idle for so long, and there was time to come back."""
        if limit_s is None or live.senders:
            return False
        up_s = self._clock.monotonic_s() - self._begun_s
        return self._idle_s(live) >= limit_s and up_s >= min(limit_s, RETURN_S)

    def _idle_s(self, live: LiveMeeting) -> float:
        return live.present.idle_s(self._clock.monotonic_s())
