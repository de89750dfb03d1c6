"""The live side of every meeting that takes audio or whose text is not all final."""

import asyncio

import structlog

from meeting_service import metrics
from meeting_service.clock import Clock, MeetingClock
from meeting_service.errors import TooMany
from meeting_service.meeting import Meeting, MeetingState, NewMeeting
from meeting_service.sessions.live import LiveMeeting
from meeting_service.sessions.models import find_loaded
from meeting_service.sessions.present import Present
from meeting_service.settings import Settings
from meeting_service.storage import Store

log = structlog.get_logger()

AWAITED_S = 60
"""how long a meeting without any audio takes the place of others: its first bot, or person, is on the way"""


class LiveMeetings:
    """Owner of all live meetings. Runs on the event loop only."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._meetings: dict[str, LiveMeeting] = {}
        self._loading = asyncio.Lock()
        """held while a meeting is made or read, so that it has one live side"""

    def find(self, meeting_id: str) -> LiveMeeting | None:
        """The live side of a meeting that is known here."""
        return self._meetings.get(meeting_id)

    async def get(self, meeting_id: str) -> LiveMeeting:
        """The live side of a meeting; one that has ended gets a passing one, for its refusals.

        Raises:
            NotFound: no such meeting.
        """
        if known := self._meetings.get(meeting_id):
            return known  # whose audio comes waits for nobody's reading
        async with self._loading:
            if known := self._meetings.get(meeting_id):
                return known
            meeting = await self._store.get_meeting(meeting_id)
            participants = await self._store.list_senders(meeting_id)
            kept = await self._store.find_clock(meeting_id)
            live = self._make(meeting, {p.id: p.told_name or p.name for p in participants}, kept)
            if meeting.state is not MeetingState.ENDED:
                live.gone |= await self._store.list_gone(meeting_id)
                live.used = bool(await self._store.list_streams(meeting_id))
                self._meetings[meeting_id] = live
            return live

    async def refresh(self, meeting_id: str) -> Meeting:
        """The meeting as it is kept now, known to its live side too."""
        meeting = await self._store.get_meeting(meeting_id)
        if live := self._meetings.get(meeting_id):
            live.meeting = meeting
        return meeting

    async def create(self, new: NewMeeting) -> tuple[Meeting, bool]:
        """Make a meeting and its live side, or find the one that has the id. Nobody gets it in between.

        Raises:
            TooMany: as many take audio as may; those whose first audio is long in coming do not count.
        """
        async with self._loading:
            if new.id is None or await self._store.find_meeting(new.id) is None:
                self._check_room()
            meeting, created = await self._store.create_meeting(new)
            if created:
                kept = await self._store.find_clock(meeting.id)
                self._meetings[meeting.id] = self._make(meeting, {}, kept)
                self.count()
            return meeting, created

    def forget(self, meeting_id: str) -> None:
        """The meeting has ended or was deleted."""
        self._meetings.pop(meeting_id, None)
        self.count()

    def list_live(self) -> list[LiveMeeting]:
        """Those that take audio."""
        return [live for live in self._meetings.values() if live.meeting.state is MeetingState.LIVE]

    def list_endings(self) -> list[asyncio.Task[None]]:
        """What makes the last words of meetings final."""
        return [live.ending for live in self._meetings.values() if live.ending and not live.ending.done()]

    def count(self) -> int:
        """How many take audio, told to the metrics too."""
        live = len(self.list_live())
        metrics.live_meetings.set(live)
        return live

    def _check_room(self) -> None:
        now_s, most = self._clock.monotonic_s(), self._settings.limits.live_meetings
        live = sum(
            live.used or live.senders > 0 or live.present.idle_s(now_s) < AWAITED_S
            for live in self.list_live()
        )
        if live >= most:
            raise TooMany(
                f"{live} meetings are live, which is the limit ([limits] live_meetings): end one first",
                retry_after_s=60,
            )

    def _make(self, meeting: Meeting, names: dict[str, str], kept: MeetingClock | None) -> LiveMeeting:
        model = find_loaded(self._settings.model, meeting.model)
        if meeting.state is not MeetingState.ENDED and meeting.model not in (None, model):
            log.warning("model_not_loaded", meeting=meeting.id, model=meeting.model, instead=model)
        now, now_s = self._clock.utc_now(), self._clock.monotonic_s()
        present = Present(meeting.started_at, kept or MeetingClock(meeting.id, active_ms=0), now, now_s)
        return LiveMeeting(meeting, names, model, present)
