"""All streams that are being recognised: their audio goes to the ledger, their work to the worker."""

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from meeting_service import metrics
from meeting_service.accounting import to_recognition_rate
from meeting_service.audio import RECOGNITION_RATE_HZ, AudioChunk, Gap, Pcm
from meeting_service.clock import Clock
from meeting_service.errors import AudioDiffers, StorageFailed, StreamEnded
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import DecodingConfig
from meeting_service.sessions.live import LiveMeeting, LiveStream, Reading
from meeting_service.sessions.repeats import repeats
from meeting_service.worker.home import Worker
from meeting_service.worker.messages import AudioArrived, CloseStream, FinishStream, OpenStream


class LiveStreams:
    """Owner of all streams that are being recognised. Runs on the event loop only.

    A stream belongs to one reading at a time: its meeting's live one first, then perhaps another.

    The worker is told of audio only once it is durable, and of everything again when it was restarted.
    """

    def __init__(self, ledger: Ledger, worker: Worker, clock: Clock, beam_size: int) -> None:
        self._ledger = ledger
        self._worker = worker
        self._clock = clock
        self._beam_size = beam_size
        self._streams: dict[int, tuple[Reading, LiveStream]] = {}
        self._runs = itertools.count(1)
        self._away_s = 0.0
        """for how long no worker has been there, as was told last"""

    def find(self, stream_id: int) -> tuple[Reading, LiveStream] | None:
        """A stream and what it is recognised for."""
        return self._streams.get(stream_id)

    def adopt(
        self, reading: Reading, stream: Stream, checkpoint: Checkpoint, former: Stream | None = None
    ) -> LiveStream:
        """Have a stream recognised, from its checkpoint on; one that repeats a former, once it differs."""
        live = LiveStream(stream, checkpoint, former)
        reading.streams[stream.id] = live
        self._streams[stream.id] = (reading, live)
        self._count()
        self._open_at_worker(reading, live)
        return live

    def reopen_all(self) -> None:
        """A new worker knows nothing: tell it all."""
        metrics.worker_restarts.inc()
        self._away_s = 0.0
        for reading, live in self._streams.values():
            self._open_at_worker(reading, live)

    def fall_behind(self, away_s: float) -> None:
        """Nobody has recognised anything for so long: whoever speaks, or lagged before, lags the more."""
        since_s, passed_ms = self._clock.monotonic_s() - away_s, round((away_s - self._away_s) * 1000)
        self._away_s = away_s
        for reading, live in self._streams.values():
            if reading.live and (live.behind_ms or live.came_since(since_s)):
                live.behind_ms += passed_ms
        self._count()

    @property
    def behind_ms(self) -> int:
        """How much later than usual the text of the stream is that is furthest behind."""
        return max((live.behind_ms for _, live in self._streams.values()), default=0)

    @property
    def waiting_s(self) -> float:
        """Seconds of live streams' audio and gaps that nobody has heard to their end yet."""
        return sum(self.count_waiting(live) for reading, live in self._streams.values() if reading.live) / (
            RECOGNITION_RATE_HZ
        )

    def count_waiting(self, live: LiveStream) -> int:
        """The same of one stream, in samples at 16 kHz."""
        received = to_recognition_rate(self._ledger.through(live.id), live.stream.rate_hz)
        return max(0, received - live.checkpoint.resume - live.open_samples)

    def note_behind(self, live: LiveStream, behind_ms: int) -> None:
        """A stream's text lags so far; 0 when it has caught up."""
        live.behind_ms = behind_ms
        self._count()

    def list_readings(self) -> list[Reading]:
        """All that are being recognised."""
        return list({id(reading): reading for reading, _ in self._streams.values()}.values())

    def list_ended(self) -> list[LiveStream]:
        """Live ones that take no more audio and whose text is not all final."""
        return [live for reading, live in self._streams.values() if reading.live and live.stream.ended]

    def finish(self, live: LiveStream) -> None:
        """Ask for the last words of a stream that has ended; `forget` follows their arrival."""
        self._worker.send(FinishStream(live.id, self._ledger.through(live.id)))

    def forget(self, reading: Reading, live: LiveStream) -> None:
        """The stream's text is all final, or nobody wants it any more."""
        reading.streams.pop(live.id, None)
        self._streams.pop(live.id, None)
        self._count()
        live.finished.set()

    def set_aside(self, live: LiveStream) -> int:
        """Have the worker leave a stream alone for now; returns the run to take it up again with."""
        self._worker.send(CloseStream(live.id))
        live.run = next(self._runs)
        live.go_back()
        return live.run

    def take_up_again(self, live: LiveStream, run: int) -> None:
        """Have a stream recognised that was set aside, unless that was done or it is gone."""
        if (found := self.find(live.id)) and live.run == run:
            self._open_at_worker(*found)

    def drop(self, reading: Reading, live: LiveStream) -> None:
        """Nobody wants any more of a stream: the worker is to stop."""
        self._worker.send(CloseStream(live.id))
        self.forget(reading, live)

    def abandon(self, reading: Reading) -> None:
        """Nobody wants any more of it."""
        for live in list(reading.streams.values()):
            self.drop(reading, live)

    @asynccontextmanager
    async def storing(self, streams: Sequence[LiveStream]) -> AsyncIterator[None]:
        """Hold streams for one piece: others, and the end of a stream, come before or after it.

        Raises:
            StreamEnded: one of them takes no more audio.
            MeetingEnded, NotFound: the meeting takes none.
        """
        async with AsyncExitStack() as stack:
            for live in sorted(streams, key=lambda live: live.id):
                await stack.enter_async_context(live.storing)
            for live in streams:
                self._check_open(live)
            yield

    async def check_repeated(self, chunks: Sequence[AudioChunk]) -> None:
        """See that what is held already of chunks is what is held; call it while `storing`.

        Raises:
            AudioDiffers: something else is held; that stays.
        """
        for chunk in chunks:
            start = chunk.start_sample
            known = chunk.pcm[: max(0, self._ledger.through(chunk.stream_id) - start)]
            if len(known) and not await self._holds(chunk.stream_id, start, known):
                metrics.audio_differs.inc()
                raise AudioDiffers(
                    f"other audio is held between samples {start} and {start + len(known)}, and stays: go on "
                    "after what is held, or end the participant first to begin anew"
                )

    async def keep(
        self, streams: Sequence[LiveStream], chunks: Sequence[AudioChunk], tails: Mapping[int, bytes]
    ) -> None:
        """Make a chunk of each stream durable, then let the worker know; call it while `storing`.

        Of a stream that is deleted meanwhile nothing is kept; whoever sends it finds out by `find`.
        """
        for live in streams:
            self._check_open(live)  # a deletion waits for nobody: its audio must not come back
        before = {live.id: self._ledger.through(live.id) for live in streams}
        held = await self._ledger.append(chunks, tails)
        pieces = {chunk.stream_id: chunk.pcm for chunk in chunks}
        for live in await self._compare_kept(streams):
            self._arrived(live, before[live.id], held[live.id], pieces[live.id])

    async def keep_gap(self, streams: Sequence[LiveStream], start: int, end: int) -> None:
        """Record a gap of all these streams and let the worker know; call it while `storing`, as `keep`."""
        for live in streams:
            self._check_open(live)
        before = {live.id: self._ledger.through(live.id) for live in streams}
        held = await self._ledger.record_gaps([Gap(live.id, start, end) for live in streams])
        for live in await self._compare_kept(streams):
            self._worker.send(AudioArrived(live.id, held[live.id]))
            metrics.gap_seconds.inc(max(0, held[live.id] - before[live.id]) / live.stream.rate_hz)

    async def _holds(self, stream_id: int, start: int, pcm: Pcm) -> bool:
        """Whether this is held; what cannot be read may be, and is not worth refusing a sender for."""
        try:
            return await self._ledger.holds(stream_id, start, pcm)
        except StorageFailed:
            return True

    async def compare(self, live: LiveStream) -> None:
        """Find out whether a stream still only repeats the former one; if it does not, have it recognised."""
        if live.former is None:
            return
        through = self._ledger.through(live.id)
        if await repeats(live.id, live.former.id, live.compared, through, self._ledger):
            live.compared = through
        else:
            live.former = None
            if found := self.find(live.id):  # unless it was deleted meanwhile
                self._open_at_worker(*found)

    def _arrived(self, live: LiveStream, before: int, through: int, pcm: Pcm) -> None:
        now_s = self._clock.monotonic_s()
        live.audio_arrived(through, now_s)
        live.loudness.add(pcm, now_s)
        if isinstance(meeting := self._streams[live.id][0], LiveMeeting):
            meeting.present.touch(now_s)
        metrics.audio_received_seconds.inc(max(0, through - before) / live.stream.rate_hz)
        if live.is_news(through, silent=not pcm.any()):
            self._worker.send(AudioArrived(live.id, through))

    def _count(self) -> None:
        metrics.live_streams.set(sum(reading.live for reading, _ in self._streams.values()))
        metrics.streams_behind.set(sum(live.behind_ms > 0 for _, live in self._streams.values()))
        metrics.behind_seconds.set(self.behind_ms / 1000)

    def _open_at_worker(self, reading: Reading, live: LiveStream) -> None:
        if live.former is not None:
            return
        live.run = next(self._runs)
        decoding = self._make_decoding(reading.vocabulary)
        self._worker.send(
            OpenStream(
                *(live.stream, live.run, live.checkpoint, decoding, reading.model),
                background=not reading.live,
                behind=live.behind_ms > 0,
            )
        )
        if live.stream.ended:
            self.finish(live)
        elif through := self._ledger.through(live.id):
            self._worker.send(AudioArrived(live.id, through))

    def _check_open(self, live: LiveStream) -> None:
        known = self._streams.get(live.id)
        if known is not None and isinstance(known[0], LiveMeeting):
            known[0].check_live()
        if known is None or live.stream.ended or not isinstance(known[0], LiveMeeting):
            raise StreamEnded("the participant left, or was ended from elsewhere: this stream takes no more")

    async def _compare_kept(self, streams: Sequence[LiveStream]) -> list[LiveStream]:
        """Those that are still there, each compared with what it may repeat."""
        for live in streams:
            await self.compare(live)
        return [live for live in streams if live.id in self._streams]

    def _make_decoding(self, vocabulary: Sequence[str]) -> DecodingConfig:
        if not vocabulary:
            return DecodingConfig()
        return DecodingConfig("beam", self._beam_size, tuple(vocabulary))
