"""Meetings that everybody left without a word: they end by themselves."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from meeting_service.clock import Clock, MeetingClock
from meeting_service.errors import MeetingServiceError
from meeting_service.sessions.live import LiveMeeting
from meeting_service.sessions.meetings import LiveMeetings
from meeting_service.settings import MeetingSettings
from meeting_service.storage import Store

log = structlog.get_logger()

CHECK_EVERY_S = 60.0
RETURN_S = 600.0
"""how long after a start senders have to come back, though they were away for long"""


class Idling:
    """Keeps the time of live meetings, and ends those that are idle for too long. Runs on the event loop.

    A meeting is idle while no audio comes and no sender is connected; that the service was down counts, too.
    What is known of it is kept once a minute, so a service that dies forgets a minute at most.

    Args:
        rules: of the settings.
        meetings: those that are live.
        store: where their time is kept, and what streams they had.
        clock: of the service.
        end: ends a meeting, as if somebody had asked when something came last.
    """

    def __init__(
        self,
        rules: MeetingSettings,
        meetings: LiveMeetings,
        store: Store,
        clock: Clock,
        end: Callable[[LiveMeeting], Awaitable[None]],
    ) -> None:
        self._rules = rules
        self._meetings = meetings
        self._store = store
        self._clock = clock
        self._end = end
        self._begun_s = clock.monotonic_s()
        self._kept: Mapping[str, MeetingClock] = {}

    async def run(self) -> None:
        """Look every minute until cancelled."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            try:
                await self.check()
            except MeetingServiceError as error:
                log.warning("idle_meetings_wait", code=error.code, detail=error.detail)

    async def check(self) -> None:
        """Keep how it is, and end what is over.

        Raises:
            StorageFailed, Overloaded: it cannot be kept or ended; the next look may.
        """
        await self.keep()
        for live in self._meetings.list_live():
            if await self._is_over(live):
                idle_h = live.present.idle_s(self._clock.monotonic_s()) / 3600
                log.info("idle_meeting_ends", meeting=live.id, idle_h=round(idle_h, 2))
                await self._end(live)

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

    async def _is_over(self, live: LiveMeeting) -> bool:
        if not self._has_passed(live, self._rules.least_idle_s):
            return False
        was_used = bool(await self._store.list_streams(live.id))
        return self._has_passed(live, self._rules.idle_s if was_used else self._rules.unused_s)

    def _has_passed(self, live: LiveMeeting, limit_s: float | None) -> bool:
        """Whether it is idle for so long, and there was time to come back."""
        if limit_s is None or live.senders:
            return False
        now_s = self._clock.monotonic_s()
        return live.present.idle_s(now_s) >= limit_s and now_s - self._begun_s >= min(limit_s, RETURN_S)
