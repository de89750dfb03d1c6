"""SessionManager: gives each participant's stream its transcriber, and each meeting its life.

What callers do (create, append, end, …) is here; what the worker answers is handled in `results`.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from meeting_service.accounting import unaccounted_to_ms
from meeting_service.broadcast import Broadcaster, Watcher
from meeting_service.clock import Clock
from meeting_service.condition import Condition
from meeting_service.data_folder import LEDGER_FILE
from meeting_service.errors import MeetingServiceError
from meeting_service.failpoints import reach
from meeting_service.ledger import Ledger
from meeting_service.meeting import Meeting, MeetingState, NewMeeting, Participant
from meeting_service.sessions.activity import NOBODY, Snapshot
from meeting_service.sessions.audits import Audits
from meeting_service.sessions.conditions import Conditions, Readiness
from meeting_service.sessions.deletion import Deletions
from meeting_service.sessions.editing import Editing
from meeting_service.sessions.idling import Idling
from meeting_service.sessions.inputs import AudioInput, InputRequest
from meeting_service.sessions.intake import Intake, check_rate
from meeting_service.sessions.keeping import Keeping
from meeting_service.sessions.live import LiveMeeting, LiveStream
from meeting_service.sessions.meetings import LiveMeetings
from meeting_service.sessions.models import choose_model
from meeting_service.sessions.people import People
from meeting_service.sessions.recordings import Recordings
from meeting_service.sessions.results import ResultHandler, persist
from meeting_service.sessions.retranscriptions import Retranscriptions
from meeting_service.sessions.setbacks import Setbacks
from meeting_service.sessions.streams import LiveStreams
from meeting_service.sessions.tasks import Tasks
from meeting_service.settings import Settings
from meeting_service.storage import Store
from meeting_service.transcript import Transcript, TranscriptGap
from meeting_service.worker.home import Worker


class SessionManager:
    """The door to all sessions, and owner of their parts. Runs on the event loop only."""

    def __init__(
        self, settings: Settings, store: Store, ledger: Ledger, worker: Worker, clock: Clock
    ) -> None:
        self.settings = settings
        self.store = store
        self.ledger = ledger
        self._worker = worker
        self._clock = clock
        self._tasks = Tasks()
        self.broadcaster = Broadcaster(store.list_events, settings.limits.watchers)
        self.streams = LiveStreams(ledger, worker, clock, settings.recognition.vocabulary_beam_size)
        self._meetings = LiveMeetings(settings, store, clock)
        self._people = People(self._meetings, store, ledger, self.broadcaster, settings.limits.participants)
        self._intake = Intake(
            *(store, ledger, self.streams, self.broadcaster, clock, self._tasks, settings.limits.gaps)
        )
        self.audits = Audits(store, ledger)
        self._results = ResultHandler(
            *(store, ledger, self.broadcaster, clock, self.streams, self.audits),
            Setbacks(self.streams, self._tasks),
        )
        self._conditions = Conditions(ledger, store, worker, self.streams, self.broadcaster, clock)
        self.retranscriptions = Retranscriptions(
            settings, store, ledger, self.streams, self.broadcaster, self.audits, self._tasks.spawn
        )

        self._deletions = Deletions(
            self._meetings, store, ledger, self.streams, self.retranscriptions, self.broadcaster
        )
        self.recordings = Recordings(store, settings.data.directory / LEDGER_FILE, ledger.through)
        self.editing = Editing(store, self.broadcaster, self._deletions.turn)
        self.keeping = Keeping(
            settings.retention.rules, store, ledger, self.broadcaster, self._deletions.delete_meeting
        )
        most = settings.limits.live_meetings
        self.idling = Idling(settings.meetings, most, self._meetings, store, clock, self._end_idle)

    # The service's own life

    async def start(self) -> None:
        """Take up every meeting where it was left, then follow the worker's answers."""
        reach("in_start")
        await self.keeping.check()
        for known in await self._list_all(MeetingState.LIVE):
            await self._meetings.get(known.id)
        for stream, checkpoint in await self.store.list_unfinished_streams():
            await self._intake.take_up(await self._meetings.get(stream.meeting_id), stream, checkpoint)
        self._tasks.spawn(self._results.follow(self._worker.replies()), "worker replies")
        await self.audits.start()
        self._tasks.spawn(self.audits.follow(), "audits")
        for ending in await self._list_all(MeetingState.ENDING):
            await self.end_meeting(ending.id, wait=False)
        await self.retranscriptions.start()
        self._tasks.spawn(self._conditions.follow(), "condition of the service")
        self._tasks.spawn(self.keeping.run(), "retention")
        self._tasks.spawn(self.store.look_for_damage(), "look for damage")
        self._tasks.spawn(self.idling.run(), "idle meetings")

    async def settle(self, patience_s: float) -> None:
        """Give the last words of who has left a moment; what is missing then follows after the next start."""
        ended = self.streams.list_ended()
        last_words = [asyncio.create_task(live.finished.wait(), name="last words") for live in ended]
        if waits := {*last_words, *self._meetings.list_endings()}:
            await asyncio.wait(waits, timeout=patience_s)
        for wait in last_words:
            wait.cancel()

    async def stop(self) -> None:
        """Tell watchers and stop following; everything unfinished goes on after the next start."""
        self.broadcaster.close_all()
        await self._tasks.stop()
        with suppress(MeetingServiceError):
            await self.idling.keep()
        reach("before_close")

    @property
    def condition(self) -> Condition:
        """How the service is, as far as is known."""
        return self._conditions.current

    async def check_ready(self) -> Readiness:
        """Whether audio would be kept and recognised now."""
        found = await self._conditions.check()
        lost_ms = unaccounted_to_ms(self.audits.unaccounted_samples)
        lost = f"; {lost_ms / 1000:.3f} s of audio are not accounted for" if lost_ms else ""
        return replace(found, detail=found.detail + lost)

    # Meetings

    async def create_meeting(self, new: NewMeeting) -> tuple[Meeting, bool]:
        """Create a meeting, or find the one that has the id; it is made though the caller does not wait.

        Raises:
            InvalidRequest: the model is not loaded, or it would be kept for longer than the settings say.
            TooMany: as many are live as may be.
        """
        self.keeping.check_choice(new)
        new = replace(new, model=choose_model(self.settings.model, new.model))
        return await self._tasks.complete(self._meetings.create(new), "a new meeting")

    async def get_meeting(self, meeting_id: str) -> Meeting:
        """The meeting, or `NotFound`."""
        return await self.store.get_meeting(meeting_id)

    async def check_live(self, meeting_id: str) -> None:
        """See whether a meeting takes audio; of one that does this is known without reading.

        Raises:
            MeetingEnded: it takes none any more.
            NotFound: no such meeting.
        """
        (await self._meetings.get(meeting_id)).check_live()

    async def rename_meeting(self, meeting_id: str, title: str) -> Meeting:
        """Give a meeting another title."""
        event = await self.store.rename_meeting(meeting_id, title)
        self.broadcaster.publish([event])
        return await self._meetings.refresh(meeting_id)

    async def end_meeting(self, meeting_id: str, *, wait: bool = True) -> Meeting:
        """Take no more audio and make all text final. May be asked again, and by many at once.

        With `wait` it returns when all text is final; cancelling the wait does not cancel the end.
        """
        live = await self._meetings.get(meeting_id)
        await self._tasks.complete(self._begin_end(live), f"begin of the end of meeting {meeting_id}")
        if wait and live.ending:
            await asyncio.shield(live.ending)
        live.check_there()
        return await self.store.get_meeting(meeting_id)

    async def delete_meeting(self, meeting_id: str) -> None:
        """Delete everything of a meeting: text, names, audio. It goes on if the caller does not wait."""
        await self._tasks.complete(self._deletions.delete_meeting(meeting_id), f"deletion of {meeting_id}")

    async def wait_over(self, meeting_id: str) -> None:
        """Return when the meeting takes no more audio: it is ending, has ended or was deleted.

        Who waits is a sender that is connected: the meeting does not end by itself meanwhile.
        """
        live = await self._meetings.get(meeting_id)
        if live.meeting.state is not MeetingState.LIVE:
            return
        live.senders += 1
        try:
            await live.over.wait()
        finally:
            live.senders -= 1
            live.present.touch(self._clock.monotonic_s())

    # Participants

    async def put_participant(
        self, meeting_id: str, participant_id: str, name: str | None
    ) -> tuple[Participant, bool]:
        """Create or rename a participant; a name of None keeps what is there.

        Who was deleted is welcome again, for somebody asks for them by name.
        """
        async with self._deletions.turn(meeting_id):
            await self._deletions.welcome(meeting_id, participant_id)
            return await self._people.put(meeting_id, participant_id, name)

    async def delete_participant(
        self, meeting_id: str, participant_id: str, expected: int | None = None
    ) -> list[str]:
        """Delete a participant and all that is theirs, under all ids of one person, which it gives.

        It goes on if the caller does not wait. `expected` is the version of theirs that is meant; None:
        whatever there is.
        """
        deletion = self._deletions.delete_person(meeting_id, participant_id, expected)
        return await self._tasks.complete(deletion, f"deletion of a participant of {meeting_id}")

    async def end_participant(
        self, meeting_id: str, participant_id: str, *, wait: bool = True
    ) -> Participant:
        """The participant left: take no more of the open stream and make its text final."""
        meeting = await self._meetings.get(meeting_id)
        await self._people.get(meeting_id, participant_id)
        streams = await self._intake.end_participants(meeting, [participant_id])
        if wait:
            await asyncio.gather(*(live.finished.wait() for live in streams))
        return await self._people.get(meeting_id, participant_id)

    async def list_participants(self, meeting_id: str) -> list[Participant]:
        """Everyone in the meeting, one for each person, with figures of this moment."""
        return await self._people.list_all(meeting_id)

    async def get_sender(self, meeting_id: str, participant_id: str) -> Participant:
        """One participant with figures of this moment, of this id alone, or `NotFound`."""
        return await self._people.get(meeting_id, participant_id)

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
        exact: bool = True,
    ) -> AudioInput:
        """A way in for the audio of one participant, or of one participant per channel.

        With `may_repeat` it may be what somebody who left had sent before: see `repeats`. Where it is not
        `exact`, audio that is sent again need not be the same samples.

        Raises:
            NotFound: no such meeting.
            MeetingEnded: it takes no more audio.
            ParticipantGone: one of them was deleted.
            Conflict: a participant's open stream has another rate.
            InvalidRequest: `captured_at` contradicts what was said of the meeting's start.
            TooMany: too many participants.
        """
        meeting = await self._meetings.get(meeting_id)
        meeting.check_live()
        if captured_at is not None:
            meeting.present.check(captured_at)
        for participant_id in participant_ids:
            meeting.check_takes(participant_id)
            check_rate(meeting, participant_id, rate_hz)
        for index, participant_id in enumerate(participant_ids):
            name = names[index] if index < len(names) else None
            known = meeting.names.get(participant_id)
            if known is None or name not in (None, known):
                async with self._deletions.turn(meeting_id):
                    meeting.check_takes(participant_id)
                    await self._people.put(meeting_id, participant_id, name)
        request = InputRequest(tuple(participant_ids), rate_hz, captured_at, may_repeat, exact)
        return AudioInput(self._intake, meeting, request)

    async def get_received(self, meeting_id: str, participant_id: str) -> tuple[int, int]:
        """Samples held of the participant's stream, and its rate; zeros where audio would begin a new one."""
        meeting = await self.store.get_meeting(meeting_id)
        streams = await self.store.list_streams(meeting_id)
        latest = next((s for s in reversed(streams) if s.participant_id == participant_id), None)
        if latest is None or (latest.ended and meeting.state is MeetingState.LIVE):
            return 0, 0
        if meeting.audio_removed_at is not None:  # it is still known how much there was
            return await self.store.get_received(latest.id), latest.rate_hz
        return self.ledger.through(latest.id), latest.rate_hz

    # Reading

    def behind_ms(self, meeting_id: str) -> int:
        """How much later than usual a meeting's text is."""
        return self.broadcaster.behind_ms(meeting_id)

    def look(self, meeting_id: str, shown: Mapping[str, str]) -> Snapshot:
        """How loud, late or cut off people are, by the ids under which they are `shown`: cheap to ask."""
        live = self._meetings.find(meeting_id)
        return live.watch.look(live.streams.values(), self._clock.monotonic_s(), shown) if live else NOBODY

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
        if self._meetings.find(meeting_id) is None:
            return transcript
        return replace(transcript, participants=await self.list_participants(meeting_id))

    @contextmanager
    def subscribe(self, meeting_id: str, after: int | None = None) -> Iterator[Watcher]:
        """Follow a meeting from event `after` on; see `Broadcaster`."""
        with self.broadcaster.subscribe(meeting_id, after or 0) as watcher:
            yield watcher

    # Inside

    async def _list_all(self, state: MeetingState) -> list[Meeting]:
        meetings: list[Meeting] = []
        cursor: str | None = None
        while True:
            page = await self.store.list_meetings(state=state, cursor=cursor)
            meetings += page.meetings
            if (cursor := page.next_cursor) is None:
                return meetings

    async def _end_idle(self, live: LiveMeeting) -> None:
        begin = self._begin_end(live, live.present.active_at)
        await self._tasks.complete(begin, f"begin of the end of idle meeting {live.id}")

    async def _begin_end(self, live: LiveMeeting, ended_at: datetime | None = None) -> None:
        """Take no more audio from here on, and have the last words made final.

        Args:
            live: the meeting.
            ended_at: when it ended, if not once all is final.
        """
        async with live.opening:
            if live.meeting.state is MeetingState.LIVE:
                event = await self.store.set_meeting_state(live.id, MeetingState.ENDING, ended_at)
                reach("after_meeting_ending")
                await self._meetings.refresh(live.id)
                self.broadcaster.publish([event])
            live.over.set()
            if live.meeting.state is MeetingState.ENDING and (live.ending is None or live.ending.done()):
                live.ending = self._tasks.spawn(self._finish_meeting(live), f"end of meeting {live.id}")

    async def _finish_meeting(self, live: LiveMeeting) -> None:
        async with live.opening:  # a stream that is being opened is ended too
            streams = list(live.streams.values())
        await self._end_all(streams)
        await asyncio.gather(*(stream.finished.wait() for stream in streams))
        await self.audits.settle(live.id)
        reach("before_meeting_ended")
        ended_at = self._clock.utc_now()
        event = await persist(lambda: self.store.set_meeting_state(live.id, MeetingState.ENDED, ended_at))
        await persist(lambda: self._meetings.refresh(live.id))
        self._meetings.forget(live.id)
        self.broadcaster.publish([event] if event else ())
        self.broadcaster.forget(live.id)
        self.keeping.meeting_ended()

    async def _end_all(self, streams: Sequence[LiveStream]) -> None:
        """One whose end cannot be stored keeps none of the others; what failed is told after all."""
        ends = [persist(partial(self._intake.end_stream, stream)) for stream in streams]
        for result in await asyncio.gather(*ends, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
