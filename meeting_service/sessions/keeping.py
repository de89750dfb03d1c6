"""What is removed by itself: audio and meetings that were kept long enough, and what a deletion left."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from meeting_service import metrics
from meeting_service.broadcast import Broadcaster
from meeting_service.errors import CannotStart, Conflict, InvalidRequest, MeetingServiceError, NotFound
from meeting_service.ledger import Ledger
from meeting_service.meeting import Meeting, NewMeeting
from meeting_service.retention import Retention, SeenClock
from meeting_service.storage import Store

log = structlog.get_logger()

SWEEP_EVERY_S = 600.0


class Keeping:
    """Keeps what is kept as long as the settings and each meeting say, and no longer. Runs on the event loop.

    It goes on meeting by meeting, and the ledger deletes in small steps between pieces of audio, so nobody
    waits for it. What it was doing when the service died, it does after the next start.

    Args:
        rules: of the settings.
        delete_meeting: deletes all of a meeting.
    """

    def __init__(
        self,
        rules: Retention,
        store: Store,
        ledger: Ledger,
        broadcaster: Broadcaster,
        delete_meeting: Callable[[str], Awaitable[None]],
    ) -> None:
        self.rules = rules
        self._store = store
        self._ledger = ledger
        self._broadcaster = broadcaster
        self._delete_meeting = delete_meeting
        self._due = asyncio.Event()
        self._leaping = False

    def check_choice(self, new: NewMeeting) -> None:
        """Refuse a meeting that asks to be kept for longer than the settings say.

        Raises:
            InvalidRequest: it does.
        """
        for name in ("audio_days", "transcripts_days"):
            most, wanted = getattr(self.rules, name), getattr(new, name)
            if None not in (most, wanted) and wanted > most:
                raise InvalidRequest(
                    f"retention.{name} = {wanted:g} is more than the {most:g} days that this service keeps"
                )

    async def check(self) -> None:
        """See whether audio and meetings belong together, before anything is taken up.

        Raises:
            CannotStart: there is audio of streams that these meetings never had.
        """
        latest, known = max(self._ledger.stream_ids(), default=0), await self._store.last_stream_id()
        if latest > known:
            raise CannotStart(
                "meetings.db and audio.db are not of the same time: there is audio of streams that no "
                "meeting ever had. Put the meetings.db back that belongs to it, or restore a backup; to go "
                "on without any audio, move audio.db away"
            )

    async def run(self) -> None:
        """Sweep now, and now and then for ever."""
        await self._store.erase_deleted()
        while True:
            self._due.clear()
            with self._waiting_on_failure():
                await self.sweep()
            try:
                async with asyncio.timeout(SWEEP_EVERY_S):
                    await self._due.wait()
            except TimeoutError:
                continue

    def meeting_ended(self) -> None:
        """A meeting's text is final: perhaps its audio is not to be kept any longer."""
        self._due.set()

    async def sweep(self) -> None:
        """Remove all that is due now; what fails is tried again by the next sweep, and holds up nothing else.

        Raises:
            StorageFailed, Overloaded: nobody knows what is due.
        """
        clock = await self._store.see_clock()
        self._tell_leap(clock)
        with self._waiting_on_failure():
            await self._remove_unkept()
        for meeting in await self._store.list_final(_before(clock, self.rules.transcripts_days)):
            if _is_past(clock, meeting, self.rules.transcript_until(meeting)):
                with self._waiting_on_failure(meeting=meeting.id):
                    await self._remove_meeting(meeting)
        for meeting in await self._store.list_with_audio(_before(clock, self._shortest_days)):
            if _is_past(clock, meeting, self.rules.audio_until(meeting)):
                with self._waiting_on_failure(meeting=meeting.id):
                    await self._remove_audio(meeting)

    @contextmanager
    def _waiting_on_failure(self, **what: object) -> Iterator[None]:
        try:
            yield
        except MeetingServiceError as error:
            log.warning("retention_waits", code=error.code, detail=error.detail, **what)

    @property
    def _shortest_days(self) -> float | None:
        days = (self.rules.audio_days, self.rules.transcripts_days)
        return min((limit for limit in days if limit is not None), default=None)

    async def _remove_meeting(self, meeting: Meeting) -> None:
        try:
            await self._delete_meeting(meeting.id)
        except NotFound:  # somebody was faster
            return
        metrics.retention_removals.labels("meeting").inc()
        log.info("meeting_removed", meeting=meeting.id)

    async def _remove_audio(self, meeting: Meeting) -> None:
        """First it is written down, so that nobody counts on the audio any more, and that it is to go."""
        try:
            ids = [stream.id for stream in await self._store.list_streams(meeting.id)]
            received = {stream_id: self._ledger.through(stream_id) for stream_id in ids}
            event = await self._store.remove_audio(meeting.id, received)
        except (NotFound, Conflict):  # deleted meanwhile, or being transcribed again
            return
        self._broadcaster.publish([event])
        self._broadcaster.forget(meeting.id)
        await self._ledger.delete(ids)
        metrics.retention_removals.labels("audio").inc()
        log.info("audio_removed", meeting=meeting.id, streams=len(ids))

    async def _remove_unkept(self) -> None:
        """Audio that a deletion, or a removal, did not come to before the service ended."""
        held = self._ledger.stream_ids()  # before the rows are read: a stream has its row first
        if left := await self._store.find_unkept(held):
            await self._ledger.delete(sorted(left))
            log.info("left_audio_removed", streams=len(left))

    def _tell_leap(self, clock: SeenClock) -> None:
        if clock.leaping and not self._leaping:
            log.warning("clock_leapt", since=str(clock.leapt_from), to=str(clock.leapt_at))
        self._leaping = clock.leaping


def _before(clock: SeenClock, days: float | None) -> datetime | None:
    return None if days is None else clock.seen_at - timedelta(days=days)


def _is_past(clock: SeenClock, meeting: Meeting, until: datetime | None) -> bool:
    return until is not None and meeting.kept_from is not None and clock.is_past(until, meeting.kept_from)
