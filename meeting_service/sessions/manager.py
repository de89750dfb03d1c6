"""SessionManager: gives each participant's stream its transcriber, and each meeting its life.

What callers do (create, append, end, …) is here; what the worker answers is handled in `results`.
"""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import structlog

from meeting_service import metrics
from meeting_service.audio import RECOGNITION_RATE_HZ, Gap
from meeting_service.broadcast import Broadcaster, Watcher
from meeting_service.clock import Clock
from meeting_service.errors import Conflict, NotFound, TooMany
from meeting_service.events import StoredEvent
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint, Meeting, MeetingState, NewMeeting, Participant, Stream
from meeting_service.sessions.gaps import find_unshown, show_gap
from meeting_service.sessions.inputs import AudioInput, InputRequest, check_captured_at
from meeting_service.sessions.live import LiveMeeting, LiveStream
from meeting_service.sessions.models import choose_model, find_loaded
from meeting_service.sessions.repeats import find_former
from meeting_service.sessions.results import ResultHandler, persist
from meeting_service.sessions.retranscriptions import Retranscriptions
from meeting_service.sessions.streams import LiveStreams
from meeting_service.settings import Settings
from meeting_service.storage import Store
from meeting_service.transcript import Transcript, TranscriptGap
from meeting_service.worker.home import Worker

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the service can do its work, and if not, what is missing."""

    model: bool
    database: bool
    worker: bool
    detail: str

    def __bool__(self) -> bool:
        return self.model and self.database and self.worker


class SessionManager:
    """Owner of all live meetings. Runs on the event loop only."""

    def __init__(
        self, settings: Settings, store: Store, ledger: Ledger, worker: Worker, clock: Clock
    ) -> None:
        self.settings = settings
        self.store = store
        self.ledger = ledger
        self.streams = LiveStreams(ledger, worker, clock, settings.recognition.vocabulary_beam_size)
        self._worker = worker
        self._clock = clock
        self._meetings: dict[str, LiveMeeting] = {}
        self._loading = asyncio.Lock()
        self.broadcaster = Broadcaster(store.list_events, settings.limits.watchers)
        self._results = ResultHandler(store, ledger, self.broadcaster, clock, self.streams)
        self._tasks: set[asyncio.Task[None]] = set()
        self.retranscriptions = Retranscriptions(
            settings, store, ledger, self.streams, self.broadcaster, self._spawn
        )

    # The service's own life

    async def start(self) -> None:
        """Take up every meeting where it was left, then follow the worker's answers."""
        for known in await self._list_all(MeetingState.LIVE):
            await self._live_meeting(known.id)
        for stream, checkpoint in await self.store.list_unfinished_streams():
            await self._take_up(stream, checkpoint)
        self._spawn(self._results.follow(self._worker.replies()), "worker replies")
        for ending in await self._list_all(MeetingState.ENDING):
            await self.end_meeting(ending.id, wait=False)
        await self.retranscriptions.start()

    async def stop(self) -> None:
        """Tell watchers and stop following; everything unfinished goes on after the next start."""
        self.broadcaster.close_all()
        for task in self._tasks:
            task.cancel()
        for task in tuple(self._tasks):
            with suppress(asyncio.CancelledError):
                await task

    async def check_ready(self) -> Readiness:
        """Whether audio would be kept and recognised now."""
        worker = self._worker.ready
        database = self.ledger.healthy and await self.store.is_writable()
        starting = None if worker else "the recogniser is starting"
        stuck = None if database else "the data folder cannot be written"
        return Readiness(worker, database, worker, starting or stuck or self._describe())

    # Meetings

    async def create_meeting(self, new: NewMeeting) -> tuple[Meeting, bool]:
        """Create a meeting, or find the one that has the id.

        Raises:
            InvalidRequest: the model is not loaded.
            TooMany: as many are live as may be.
        """
        new = replace(new, model=choose_model(self.settings.model, new.model))
        live = self._count_live()
        known = new.id is not None and await self.store.find_meeting(new.id) is not None
        if not known and live >= self.settings.limits.live_meetings:
            raise TooMany(f"{live} meetings are live, which is the limit", retry_after_s=60)
        meeting, created = await self.store.create_meeting(new)
        if created:
            self._meetings[meeting.id] = self._make_live(meeting, {})
            self._count_live()
        return meeting, created

    async def get_meeting(self, meeting_id: str) -> Meeting:
        """The meeting, or `NotFound`."""
        return await self.store.get_meeting(meeting_id)

    async def rename_meeting(self, meeting_id: str, title: str) -> Meeting:
        """Give a meeting another title."""
        event = await self.store.rename_meeting(meeting_id, title)
        self.broadcaster.publish([event])
        return await self._refresh(meeting_id)

    async def end_meeting(self, meeting_id: str, *, wait: bool = True) -> Meeting:
        """Take no more audio and make all text final.

        With `wait` it returns when all text is final; cancelling the wait does not cancel the end.
        """
        meeting = await self.store.get_meeting(meeting_id)
        if meeting.state is MeetingState.ENDED:
            return meeting
        if meeting.state is MeetingState.LIVE:
            self.broadcaster.publish([await self.store.set_meeting_state(meeting_id, MeetingState.ENDING)])
        await self._refresh(meeting_id)
        live = await self._live_meeting(meeting_id)
        live.over.set()
        ended = live.meeting.state is MeetingState.ENDED
        if not ended and (live.ending is None or live.ending.done()):
            live.ending = self._spawn(self._finish_meeting(live), f"end of meeting {meeting_id}")
        if wait and live.ending:
            await asyncio.shield(live.ending)
        return await self.store.get_meeting(meeting_id)

    async def delete_meeting(self, meeting_id: str) -> None:
        """Delete everything of a meeting: text, names, audio.

        Audio goes first: if the service dies in between, the meeting is still there to be deleted again.
        """
        live = await self._live_meeting(meeting_id)
        async with live.opening:
            live.meeting = replace(live.meeting, state=MeetingState.ENDED)  # no stream is opened from here on
        self.streams.abandon(live)
        await self.retranscriptions.abandon(meeting_id)
        if live.ending:
            live.ending.cancel()
        await self.ledger.delete([stream.id for stream in await self.store.list_streams(meeting_id)])
        await self.store.delete_meeting(meeting_id)
        self._meetings.pop(meeting_id, None)
        live.over.set()
        self._count_live()
        self.broadcaster.close(meeting_id)

    async def wait_over(self, meeting_id: str) -> None:
        """Return when the meeting takes no more audio: it is ending, has ended or was deleted."""
        live = await self._live_meeting(meeting_id)
        if live.meeting.state is MeetingState.LIVE:
            await live.over.wait()

    # Participants

    async def put_participant(
        self, meeting_id: str, participant_id: str, name: str | None
    ) -> tuple[Participant, bool]:
        """Create or rename a participant; a name of None keeps what is there."""
        meeting = await self._live_meeting(meeting_id)
        limit = self.settings.limits.participants
        if participant_id not in meeting.names:
            meeting.check_live()
        if participant_id not in meeting.names and len(meeting.names) >= limit:
            raise TooMany(
                f"the meeting already has {limit} participants, which is the limit", retry_after_s=60
            )
        participant, event, created = await self.store.put_participant(meeting_id, participant_id, name)
        meeting.names[participant_id] = participant.name
        self._publish(event)
        return await self._get_participant(meeting_id, participant_id), created

    async def end_participant(
        self, meeting_id: str, participant_id: str, *, wait: bool = True
    ) -> Participant:
        """The participant left: take no more of the open stream and make its text final."""
        meeting = await self._live_meeting(meeting_id)
        await self._get_participant(meeting_id, participant_id)
        streams = meeting.list_streams_of(participant_id)
        for live in streams:
            await self._end_stream(live)
        if wait:
            await asyncio.gather(*(live.finished.wait() for live in streams))
        return await self._get_participant(meeting_id, participant_id)

    async def list_participants(self, meeting_id: str) -> list[Participant]:
        """Everyone in the meeting, with figures of this moment."""
        participants = await self.store.list_participants(meeting_id)
        live = self._meetings.get(meeting_id)
        if live is None or not live.streams:
            return participants
        streams = await self.store.list_streams(meeting_id)
        return [self._with_live_figures(p, live, streams) for p in participants]

    # Audio

    async def open_input(
        self,
        meeting_id: str,
        participant_ids: Sequence[str],
        rate_hz: int,
        *,
        names: Sequence[str | None] = (),
        captured_at: datetime | None = None,
        may_repeat: bool = False,
    ) -> AudioInput:
        """A way in for the audio of one participant, or of one participant per channel.

        With `may_repeat` it may be what somebody who left had sent before: see `repeats`.

        Raises:
            NotFound: no such meeting.
            MeetingEnded: it takes no more audio.
            Conflict: a participant's open stream has another rate.
            InvalidRequest: `captured_at` cannot be right.
            TooMany: too many participants.
        """
        meeting = await self._live_meeting(meeting_id)
        meeting.check_live()
        if captured_at is not None:
            check_captured_at(captured_at, meeting.meeting.started_at, self._clock.utc_now())
        for participant_id in participant_ids:
            self._check_rate(meeting, participant_id, rate_hz)
        for index, participant_id in enumerate(participant_ids):
            name = names[index] if index < len(names) else None
            known = meeting.names.get(participant_id)
            if known is None or name not in (None, known):
                await self.put_participant(meeting_id, participant_id, name)
        request = InputRequest(tuple(participant_ids), rate_hz, captured_at, may_repeat)
        return AudioInput(self, meeting, request)

    async def get_received(self, meeting_id: str, participant_id: str) -> tuple[int, int]:
        """Samples held of the participant's stream, and its rate; zeros where audio would begin a new one."""
        meeting = await self.store.get_meeting(meeting_id)
        streams = await self.store.list_streams(meeting_id)
        latest = next((s for s in reversed(streams) if s.participant_id == participant_id), None)
        if latest is None or (latest.ended and meeting.state is MeetingState.LIVE):
            return 0, 0
        return self.ledger.through(latest.id), latest.rate_hz

    async def open_stream(
        self, meeting: LiveMeeting, participant_id: str, request: InputRequest
    ) -> LiveStream:
        """The participant's open stream, made now if there is none."""
        async with meeting.opening:
            meeting.check_live()
            if live := meeting.find_open_stream(participant_id):
                self._check_rate(meeting, participant_id, request.rate_hz)
                return live
            anchor_ms = meeting.offset_ms(request.captured_at or self._clock.utc_now())
            stream, event = await self.store.open_stream(
                meeting.id, participant_id, request.rate_hz, anchor_ms
            )
            former = await self._find_former(stream) if request.may_repeat else None
            if former and request.captured_at and former.anchor_ms != anchor_ms:
                former = None
            live = self.streams.adopt(meeting, stream, Checkpoint(stream.id), former)
            self._publish(event)
            return live

    async def record_gap(self, live: LiveStream, gap: Gap) -> None:
        """Record that a stretch of audio will never come, and show it."""
        if new := await self.streams.keep_gap(live, gap):
            self.broadcaster.publish([await self.store.record_gap(live.stream, show_gap(live.stream, new))])
        else:
            await self._show_gaps(live.stream)

    # Reading

    def behind_ms(self, meeting_id: str) -> int:
        """How much later than usual a meeting's text is."""
        return self.broadcaster.behind_ms(meeting_id)

    async def list_gaps(self, meeting_id: str) -> list[TranscriptGap]:
        """Audio that never came, by time."""
        return await self.store.list_gaps(meeting_id)

    async def get_transcript(self, meeting_id: str, revision: int | None = None) -> Transcript:
        """All final text of a revision, the current one without a number, with figures of this moment.

        Raises:
            NotFound: no such meeting or revision.
            Conflict: the revision is not done.
        """
        transcript = await self.store.get_transcript(meeting_id, revision)
        if meeting_id not in self._meetings:
            return transcript
        return replace(transcript, participants=await self.list_participants(meeting_id))

    @contextmanager
    def subscribe(self, meeting_id: str, after: int | None = None) -> Iterator[Watcher]:
        """Follow a meeting from event `after` on; see `Broadcaster`."""
        with self.broadcaster.subscribe(meeting_id, after or 0) as watcher:
            yield watcher

    # Inside

    async def _live_meeting(self, meeting_id: str) -> LiveMeeting:
        """The live side of a meeting; one that has ended gets a passing one, for its refusals."""
        async with self._loading:
            if known := self._meetings.get(meeting_id):
                return known
            meeting = await self.store.get_meeting(meeting_id)
            participants = await self.store.list_participants(meeting_id)
            live = self._make_live(meeting, {p.id: p.name for p in participants})
            if meeting.state is not MeetingState.ENDED:
                self._meetings[meeting_id] = live
            return live

    def _make_live(self, meeting: Meeting, names: dict[str, str]) -> LiveMeeting:
        model = find_loaded(self.settings.model, meeting.model)
        if meeting.state is not MeetingState.ENDED and meeting.model not in (None, model):
            log.warning("model_not_loaded", meeting=meeting.id, model=meeting.model, instead=model)
        return LiveMeeting(meeting, names, model)

    def _count_live(self) -> int:
        live = sum(m.meeting.state is MeetingState.LIVE for m in self._meetings.values())
        metrics.live_meetings.set(live)
        return live

    async def _list_all(self, state: MeetingState) -> list[Meeting]:
        meetings: list[Meeting] = []
        cursor: str | None = None
        while True:
            page = await self.store.list_meetings(state=state, cursor=cursor)
            meetings += page.meetings
            if (cursor := page.next_cursor) is None:
                return meetings

    async def _refresh(self, meeting_id: str) -> Meeting:
        meeting = await self.store.get_meeting(meeting_id)
        if live := self._meetings.get(meeting_id):
            live.meeting = meeting
        return meeting

    async def _finish_meeting(self, live: LiveMeeting) -> None:
        async with live.opening:  # a stream that is being opened is ended too
            streams = list(live.streams.values())
        for stream in streams:
            await persist(partial(self._end_stream, stream))
        await asyncio.gather(*(stream.finished.wait() for stream in streams))
        ended_at = self._clock.utc_now()
        event = await persist(lambda: self.store.set_meeting_state(live.id, MeetingState.ENDED, ended_at))
        await persist(lambda: self._refresh(live.id))
        self._meetings.pop(live.id, None)
        self._count_live()
        self._publish(event)
        self.broadcaster.forget(live.id)

    async def _take_up(self, stream: Stream, checkpoint: Checkpoint) -> None:
        """Go on with a stream after a restart; nobody knows any more whether it may be a repeat."""
        meeting = await self._live_meeting(stream.meeting_id)
        if meeting.meeting.state is MeetingState.ENDED and not stream.ended:  # it had been given up
            self._publish(await self.store.end_stream(stream.id))
            stream = replace(stream, ended=True)
        self.streams.adopt(meeting, stream, checkpoint)
        await self._show_gaps(stream)

    async def _show_gaps(self, stream: Stream) -> None:
        """Record what only the ledger knows of: it is committed first."""
        if kept := self.ledger.gaps(stream.id):
            shown = await self.store.list_gaps(stream.meeting_id)
            for gap in find_unshown(stream, kept, shown):
                self.broadcaster.publish([await self.store.record_gap(stream, gap)])

    async def _find_former(self, stream: Stream) -> Stream | None:
        return find_former(stream, await self.store.list_streams(stream.meeting_id), self.ledger)

    async def _end_stream(self, live: LiveStream) -> None:
        async with live.comparing:
            await self.streams.compare(live)
            if not live.stream.ended:
                event = await self.store.end_stream(live.id)
                live.stream = replace(live.stream, ended=True)
                self._publish(event)
            if live.former is None:
                self.streams.finish(live)
        if live.former is not None:
            await self._let_go(live)

    async def _let_go(self, live: LiveStream) -> None:
        """The stream was the former one again. Audio first: a start in between finds it empty."""
        await self.ledger.delete([live.id])
        await self.store.delete_stream(live.id)
        if found := self.streams.find(live.id):
            self.streams.forget(*found)

    def _check_rate(self, meeting: LiveMeeting, participant_id: str, rate_hz: int) -> None:
        live = meeting.find_open_stream(participant_id)
        if live and live.stream.rate_hz != rate_hz:
            raise Conflict(
                f"the open stream of participant {participant_id} is at {live.stream.rate_hz} Hz and this "
                f"audio at {rate_hz} Hz: send at the same rate, or end the participant first"
            )

    async def _get_participant(self, meeting_id: str, participant_id: str) -> Participant:
        for participant in await self.list_participants(meeting_id):
            if participant.id == participant_id:
                return participant
        raise NotFound(f"meeting {meeting_id} has no participant {participant_id}")

    def _with_live_figures(
        self, participant: Participant, meeting: LiveMeeting, streams: Sequence[Stream]
    ) -> Participant:
        mine = [s for s in streams if s.participant_id == participant.id]
        received = sum(self.ledger.through(s.id) * 1000 // s.rate_hz for s in mine)
        unstored = [live for s in mine if (live := meeting.streams.get(s.id))]
        beyond = sum(live.open_samples for live in unstored)
        speech = beyond + sum(
            live.checkpoint.speech_samples - live.stored.speech_samples for live in unstored
        )
        transcribed = beyond + sum(
            live.checkpoint.transcribed_samples - live.stored.transcribed_samples for live in unstored
        )
        return replace(
            participant,
            received_ms=received,
            speech_ms=participant.speech_ms + speech * 1000 // RECOGNITION_RATE_HZ,
            transcribed_ms=participant.transcribed_ms + transcribed * 1000 // RECOGNITION_RATE_HZ,
        )

    def _describe(self) -> str:
        description, behind_ms = self._worker.description, self.streams.behind_ms
        return f"{description}; catching up, {behind_ms / 1000:.0f} s behind" if behind_ms else description

    def _publish(self, event: StoredEvent | None) -> None:
        if event is not None:
            self.broadcaster.publish([event])

    def _spawn(self, work: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_log_failure)
        return task


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("task_failed", task=task.get_name(), exc_info=error)
