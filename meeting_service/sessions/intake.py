"""The life of a stream: opened with a participant's first audio, ended when they leave."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import structlog

from meeting_service import metrics
from meeting_service.accounting import samples_to_ms, to_recognition_rate
from meeting_service.broadcast import Broadcaster
from meeting_service.clock import Clock
from meeting_service.errors import Conflict, StreamEnded
from meeting_service.events import StoredEvent
from meeting_service.failpoints import reach
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint, MeetingState, Stream
from meeting_service.sessions.gaps import find_unshown, is_new
from meeting_service.sessions.inputs import InputRequest
from meeting_service.sessions.live import LiveMeeting, LiveStream
from meeting_service.sessions.repeats import find_former
from meeting_service.sessions.streams import LiveStreams
from meeting_service.sessions.tasks import Tasks
from meeting_service.storage import Store

log = structlog.get_logger()


class Intake:
    """Opens, takes up and ends live meetings' streams. Runs on the event loop only."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        streams: LiveStreams,
        broadcaster: Broadcaster,
        clock: Clock,
        tasks: Tasks,
        most_gaps: int,
    ) -> None:
        self.ledger = ledger
        self.streams = streams
        self.complete = tasks.complete
        self.now_s = clock.monotonic_s
        self._store = store
        self._broadcaster = broadcaster
        self._clock = clock
        self._most_gaps = most_gaps

    async def open_stream(
        self,
        meeting: LiveMeeting,
        participant_id: str,
        request: InputRequest,
        known: LiveStream | None = None,
    ) -> LiveStream:
        """The participant's open stream, made now if there is none.

        Args:
            meeting: whose participant it is.
            participant_id: one who is there.
            request: what the sender said.
            known: the only stream that will do, if the sender has one.

        Raises:
            MeetingEnded, ParticipantGone, NotFound: it takes no more audio.
            StreamEnded: `known` takes no more.
            Conflict: the open stream has another rate.
        """
        async with meeting.opening:
            meeting.check_takes(participant_id)
            live = meeting.find_open_stream(participant_id)
            if known is not None and live is not known:
                raise StreamEnded("the participant left, or was ended from elsewhere: this stream is over")
            check_rate(meeting, participant_id, request.rate_hz)
            return live or await self._open_new(meeting, participant_id, request)

    async def take_up(self, meeting: LiveMeeting, stream: Stream, checkpoint: Checkpoint) -> None:
        """Go on with a stream after a restart, where it was left; if it may be a repeat, it still may.

        A participant has one open stream: of two, which only a failing disk can leave, the older ends. So
        does one whose audio was lost that was heard already: what took its place would never be.
        """
        lost = self._is_lost(stream, checkpoint)
        if not stream.ended and (lost or meeting.meeting.state is MeetingState.ENDED):
            self._publish(await self._store.end_stream(stream.id))
            stream = replace(stream, ended=True)
        end_ms = stream.offset_ms(self.ledger.through(stream.id))
        meeting.present.reach(end_ms, self._clock.monotonic_s())
        older = None if stream.ended else meeting.find_open_stream(stream.participant_id)
        live = self.streams.adopt(meeting, stream, checkpoint, await self._find_repeated(stream, checkpoint))
        live.lost_s = self.now_s()  # its connection went down with the process before this one
        await self.streams.compare(live)
        await self._show_gaps(stream)
        if stream.ended and live.former is not None:
            await self._let_go(live)
        if older is not None:
            await self.end_stream(older)

    async def end_stream(self, live: LiveStream) -> None:
        """Take no more of it; its text becomes final in the background. May be asked again."""
        async with live.storing:
            await self.streams.compare(live)
            await self._show_gaps(live.stream)
            if not live.stream.ended:
                reach("before_stream_ends")
                event = await self._store.end_stream(live.id)
                reach("after_stream_ended")
                live.stream = replace(live.stream, ended=True)
                self._publish(event)
            if live.former is None:
                self.streams.finish(live)
            else:
                await self._let_go(live)

    async def end_participants(
        self, meeting: LiveMeeting, participant_ids: Iterable[str]
    ) -> list[LiveStream]:
        """They left: end their streams; returns those whose text is not all final yet."""
        streams = [live for p in participant_ids for live in meeting.list_streams_of(p)]
        for live in streams:
            await self.complete(self.end_stream(live), f"end of stream {live.id}")
        return streams

    async def record_gap(self, streams: Sequence[LiveStream], start: int, end: int) -> None:
        """Record that a stretch of audio will never come, and show it; call it while `storing`."""
        await self.streams.keep_gap(streams, start, end)
        reach("after_gap_is_held")
        for live in streams:
            await self._show_gaps(live.stream, start)

    def has_room_for_gap(self, live: LiveStream, end: int) -> bool:
        """Whether a stream takes a gap up to `end`: beyond a limit it takes no more."""
        kept = self.ledger.gaps(live.id)
        return len(kept) < self._most_gaps or not is_new(kept, self.ledger.through(live.id), end)

    async def _open_new(self, meeting: LiveMeeting, participant_id: str, request: InputRequest) -> LiveStream:
        reach("before_stream_is_opened")
        now, now_s = self._clock.utc_now(), self._clock.monotonic_s()
        anchor_ms = meeting.present.place(request.captured_at, now_s)
        former = await self._find_former(meeting.id, participant_id, request, anchor_ms)
        stream, event = await self._store.open_stream(
            *(meeting.id, participant_id, request.rate_hz, anchor_ms),
            repeats=former.id if former else None,
            clock=meeting.present.to_clock(now, now_s),
        )
        reach("after_stream_is_opened")
        live = self.streams.adopt(meeting, stream, Checkpoint(stream.id), former)
        meeting.used = True
        self._publish(event)
        return live

    async def _show_gaps(self, stream: Stream, start: int = 0) -> None:
        """Record what only the ledger knows of, from a sample on: it is committed first."""
        if kept := self.ledger.gaps(stream.id):
            shown = await self._store.list_gaps(stream.meeting_id, after_ms=stream.offset_ms(start))
            for gap in find_unshown(stream, kept, shown, start):
                self._publish(await self._store.record_gap(stream, gap))

    def _is_lost(self, stream: Stream, checkpoint: Checkpoint) -> bool:
        """Whether less is held than was heard; the audit finds how much."""
        held = to_recognition_rate(self.ledger.through(stream.id), stream.rate_hz)
        if held < checkpoint.resume:
            ms = samples_to_ms(checkpoint.resume - held)
            log.error("heard_audio_lost", stream=stream.id, ms=ms)
            self.ledger.note_damage(f"{ms / 1000:.1f} s that were heard of stream {stream.id} are not held")
        return held < checkpoint.resume

    async def _find_repeated(self, stream: Stream, checkpoint: Checkpoint) -> Stream | None:
        """The stream that one may be again: found at a start, and nothing of it was told as its own."""
        if stream.repeats is None or checkpoint.resume > 0:
            return None
        known = await self._store.list_streams(stream.meeting_id)
        return next((former for former in known if former.id == stream.repeats), None)

    async def _find_former(
        self, meeting_id: str, participant_id: str, request: InputRequest, anchor_ms: int
    ) -> Stream | None:
        if not request.may_repeat:
            return None
        streams = await self._store.list_streams(meeting_id)
        former = find_former(participant_id, request.rate_hz, streams, self.ledger)
        moved = former and request.captured_at and former.anchor_ms != anchor_ms
        return None if moved else former

    async def _let_go(self, live: LiveStream) -> None:
        """The stream was the former one again. Audio first: a start in between finds it empty."""
        metrics.repeated_seconds.inc(self.ledger.through(live.id) / live.stream.rate_hz)
        await self.ledger.delete([live.id])
        await self._store.delete_stream(live.id)
        if found := self.streams.find(live.id):
            self.streams.forget(*found)

    def _publish(self, event: StoredEvent | None) -> None:
        if event is not None:
            self._broadcaster.publish([event])


def check_rate(meeting: LiveMeeting, participant_id: str, rate_hz: int) -> None:
    """Raise `Conflict` if the participant's open stream has another rate."""
    live = meeting.find_open_stream(participant_id)
    if live and live.stream.rate_hz != rate_hz:
        raise Conflict(
            f"the open stream of participant {participant_id} is at {live.stream.rate_hz} Hz and this "
            f"audio at {rate_hz} Hz: send at the same rate, or end the participant first"
        )
