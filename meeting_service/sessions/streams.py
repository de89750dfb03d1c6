"""All streams whose text is not final yet: their audio goes to the ledger, their work to the worker."""

from collections.abc import Mapping, Sequence

from meeting_service import metrics
from meeting_service.audio import AudioChunk, Gap
from meeting_service.clock import Clock
from meeting_service.errors import MeetingEnded
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint, Meeting, Stream
from meeting_service.recognition import DecodingConfig
from meeting_service.sessions.live import LiveMeeting, LiveStream
from meeting_service.worker.home import Worker
from meeting_service.worker.messages import AudioArrived, CloseStream, FinishStream, OpenStream


class LiveStreams:
    """Owner of all live streams. Runs on the event loop only.

    The worker is told of audio only once it is durable, and of everything again when it was restarted.
    """

    def __init__(self, ledger: Ledger, worker: Worker, clock: Clock, beam_size: int, model: str) -> None:
        self._ledger = ledger
        self._worker = worker
        self._clock = clock
        self._beam_size = beam_size
        self._model = model
        self._streams: dict[int, tuple[LiveMeeting, LiveStream]] = {}

    def find(self, stream_id: int) -> tuple[LiveMeeting, LiveStream] | None:
        """A live stream and its meeting."""
        return self._streams.get(stream_id)

    def adopt(self, meeting: LiveMeeting, stream: Stream, checkpoint: Checkpoint) -> LiveStream:
        """Have a stream recognised, from its checkpoint on."""
        live = LiveStream(stream, checkpoint, self._decoding_of(meeting.meeting))
        meeting.streams[stream.id] = live
        self._streams[stream.id] = (meeting, live)
        metrics.live_streams.set(len(self._streams))
        self._open_at_worker(live)
        return live

    def reopen_all(self) -> None:
        """A new worker knows nothing: tell it all."""
        metrics.worker_restarts.inc()
        for _, live in self._streams.values():
            self._open_at_worker(live)

    def finish(self, live: LiveStream) -> None:
        """Ask for the last words of a stream that has ended; `forget` follows their arrival."""
        self._worker.send(FinishStream(live.id, self._ledger.through(live.id)))

    def forget(self, meeting: LiveMeeting, live: LiveStream) -> None:
        """The stream's text is all final, or nobody wants it any more."""
        meeting.streams.pop(live.id, None)
        self._streams.pop(live.id, None)
        metrics.live_streams.set(len(self._streams))
        live.finished.set()

    def abandon(self, meeting: LiveMeeting) -> None:
        """The meeting is being deleted."""
        for live in list(meeting.streams.values()):
            self._worker.send(CloseStream(live.id))
            self.forget(meeting, live)

    async def keep(
        self, streams: Sequence[LiveStream], chunks: Sequence[AudioChunk], tails: Mapping[int, bytes]
    ) -> None:
        """Make audio durable, then let the worker know."""
        for live in streams:
            self._check_open(live)
        before = {live.id: self._ledger.through(live.id) for live in streams}
        held = await self._ledger.append(chunks, tails)
        for live in streams:
            self._arrived(live, before[live.id], held[live.id])

    async def keep_gap(self, live: LiveStream, gap: Gap) -> Gap | None:
        """Record a gap and let the worker know; returns the part of it that is new."""
        self._check_open(live)
        start = max(gap.start_sample, self._ledger.through(live.id))
        through = await self._ledger.record_gap(gap)
        self._worker.send(AudioArrived(live.id, through))
        return Gap(live.id, start, gap.end_sample) if gap.end_sample > start else None

    def _arrived(self, live: LiveStream, before: int, through: int) -> None:
        live.audio_arrived(through, self._clock.monotonic_s())
        metrics.audio_received_seconds.inc(max(0, through - before) / live.stream.rate_hz)
        self._worker.send(AudioArrived(live.id, through))

    def _open_at_worker(self, live: LiveStream) -> None:
        live.run += 1
        self._worker.send(OpenStream(live.stream, live.run, live.checkpoint, live.decoding, self._model))
        if live.stream.ended:
            self.finish(live)
        elif through := self._ledger.through(live.id):
            self._worker.send(AudioArrived(live.id, through))

    def _check_open(self, live: LiveStream) -> None:
        known = self._streams.get(live.id)
        if known is None or live.stream.ended:
            raise MeetingEnded("this stream has ended and takes no more audio")
        known[0].check_live()

    def _decoding_of(self, meeting: Meeting) -> DecodingConfig:
        if not meeting.vocabulary:
            return DecodingConfig()
        return DecodingConfig("beam", self._beam_size, tuple(meeting.vocabulary))
