"""Where one sender's audio goes: to one participant, or to one participant per channel."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from meeting_service.audio import AudioChunk
from meeting_service.errors import AudioHole, InvalidAudio, StreamEnded
from meeting_service.failpoints import reach

if TYPE_CHECKING:
    from meeting_service.sessions.intake import Intake
    from meeting_service.sessions.live import LiveMeeting, LiveStream


@dataclass(frozen=True, slots=True)
class InputRequest:
    """What a sender says of its audio before the first sample."""

    participant_ids: Sequence[str]
    rate_hz: int
    captured_at: datetime | None = None
    may_repeat: bool = False
    """whether it may have been sent before, in a stream that has ended"""
    exact: bool = True
    """whether the same audio, sent again in other pieces, is the same samples"""


class AudioInput:
    """One sender's way into a live meeting.

    The stream begins with the first audio, not with the input: its place in the meeting is where that audio
    was captured or, if the sender does not say, when it arrived. From then on the input is that stream's:
    what comes after its end is refused, and never goes to another stream of the participant.

    What it was asked to do it does to the end, also when the caller is cancelled.
    """

    def __init__(self, intake: "Intake", meeting: "LiveMeeting", request: InputRequest) -> None:
        self._intake = intake
        self._meeting = meeting
        self._request = request
        self._streams: dict[str, LiveStream] = {}
        """by participant, once there is one"""
        self._closed = False
        self._find_streams()

    @property
    def participants(self) -> Sequence[str]:
        """One id per channel."""
        return self._request.participant_ids

    @property
    def channels(self) -> int:
        """How many participants are fed."""
        return len(self.participants)

    @property
    def rate_hz(self) -> int:
        """Samples per second and channel."""
        return self._request.rate_hz

    @property
    def through(self) -> int:
        """Samples held of every participant; where to go on sending."""
        return min((self._held(p) for p in self.participants), default=0)

    @property
    def tail(self) -> bytes:
        """Bytes of an unfinished sample, to be completed by the next piece."""
        stream = self._streams.get(self.participants[0])
        return self._intake.ledger.tail(stream.id) if stream else b""

    def ms(self, samples: int) -> int:
        """Samples of this input as milliseconds of it."""
        return samples * 1000 // self.rate_hz

    async def append(self, pcm: NDArray[np.int16], start: int | None, *, tail: bytes = b"") -> int:
        """Make a piece durable; what is already held is skipped.

        Args:
            pcm: `(samples,)` or `(samples, channels)`.
            start: position of the first sample; None for the next one.
            tail: bytes after the last whole sample, kept for the next piece.

        Returns:
            Samples held; durable now.

        Raises:
            AudioHole: `start` is beyond what is held; nothing is kept.
            AudioDiffers: other audio is held where this begins; nothing is kept.
            InvalidAudio: another number of channels than participants.
            StreamEnded: the participant was ended, or the input closed.
            MeetingEnded, NotFound: no more audio is taken.
            StorageFailed: nothing is kept.
        """
        reach("audio_received")
        pcm = self._columns(pcm)
        self._check_place(start)
        if len(pcm) == 0 and not tail:
            self._meeting.check_live()
            return self.through
        through = await self._intake.complete(self._append(pcm, start, tail), "append")
        reach("before_ack")
        return through

    async def declare_gap(self, start: int, end: int) -> int:
        """Record that audio from `start` to `end` never existed; durable when it returns.

        Raises:
            AudioHole: `start` is beyond what is held.
            InvalidAudio: the gap ends before it starts.
            StreamEnded: as in `append`; and the stream ends before it has more gaps than it may.
            MeetingEnded, NotFound, StorageFailed: as in `append`.
        """
        if end < start:
            raise InvalidAudio(f"a gap cannot end (sample {end}) before it starts (sample {start})")
        self._check_place(start)
        return await self._intake.complete(self._declare_gap(start, end), "gap")

    async def end(self) -> None:
        """The participants left; their text becomes final in the background."""
        for live in self._streams.values():
            await self._intake.complete(self._intake.end_stream(live), "end")

    async def settle(self) -> int:
        """Let what another sender has under way be stored, then take its place and say where to go on."""
        async with self._meeting.opening:
            self._find_streams()
        for live in self._streams.values():
            async with live.storing:
                pass
        self._take_hold()
        return self.through

    def lose(self) -> None:
        """The connection broke: who watches is told until a sender comes, unless another came before."""
        for live in self._streams.values():
            live.lose(self, self._intake.now_s())

    def close(self) -> None:
        """Take no more: another sender has taken over. What is not being stored yet is refused."""
        self._closed = True

    async def _append(self, pcm: NDArray[np.int16], start: int | None, tail: bytes) -> int:
        async with self._storing() as streams:
            start = self.through if start is None else start
            chunks = [
                AudioChunk(stream.id, start, np.ascontiguousarray(pcm[:, column]))
                for column, stream in enumerate(streams)
            ]
            if self._request.exact:
                await self._intake.streams.check_repeated(chunks)
            await self._intake.streams.keep(streams, chunks, {streams[0].id: tail})
            self._take_hold()
            return self.through

    async def _declare_gap(self, start: int, end: int) -> int:
        async with self._storing() as streams:
            if all(self._intake.has_room_for_gap(live, end) for live in streams):
                await self._intake.record_gap(streams, start, end)
                self._take_hold()
                return self.through
        await self.end()
        raise StreamEnded("the stream has as many gaps as one may have and is over: go on in a new one")

    @asynccontextmanager
    async def _storing(self) -> AsyncIterator[list["LiveStream"]]:
        """The streams, opened if need be, held for one piece of this sender's."""
        for participant_id in self.participants:
            known = self._streams.get(participant_id)
            self._streams[participant_id] = await self._intake.open_stream(
                self._meeting, participant_id, self._request, known
            )
        streams = [self._streams[participant_id] for participant_id in self.participants]
        async with self._intake.streams.storing(streams):
            if self._closed:
                raise StreamEnded("another sender has taken this participant over")
            yield streams
            self._check_kept(streams)

    def _check_kept(self, streams: Iterable["LiveStream"]) -> None:
        """See that nobody was deleted while this was being stored, and this with them."""
        for live in streams:
            if not live.stream.ended and self._intake.streams.find(live.id) is None:
                self._meeting.check_takes(live.stream.participant_id)
                raise StreamEnded("this was deleted while it was being stored")

    def _find_streams(self) -> None:
        found = {p: self._meeting.find_open_stream(p) for p in self.participants}
        self._streams = {p: live for p, live in found.items() if live}

    def _take_hold(self) -> None:
        for live in self._streams.values():
            live.sent_by(self)

    def _check_place(self, start: int | None) -> None:
        if start is not None and start > self.through:
            raise AudioHole(self.through, start)

    def _held(self, participant_id: str) -> int:
        stream = self._streams.get(participant_id)
        return self._intake.ledger.through(stream.id) if stream else 0

    def _columns(self, pcm: NDArray[np.int16]) -> NDArray[np.int16]:
        pcm = pcm[:, np.newaxis] if pcm.ndim == 1 else pcm
        if pcm.shape[1] != self.channels:
            raise InvalidAudio(f"{pcm.shape[1]} channels for {self.channels} participants")
        return pcm
