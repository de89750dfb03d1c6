"""What one transaction will do: requests are judged against what is held, and become rows.

A plan lives on the writer's thread for the length of one group. It changes nothing outside itself: what is
held moves on only when the writer has committed.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from meeting_service.audio import AudioChunk, Gap, Pcm
from meeting_service.errors import AudioHole, NotFound
from meeting_service.ledger.rows import Kind, Row, pcm_to_rows


@dataclass(frozen=True, slots=True)
class Held:
    """What is committed of one stream."""

    through: int = 0
    tail: bytes = b""
    last: Row | None = None
    """the last row, if it has no samples and was written since the ledger was opened: it may grow"""


@dataclass(slots=True)
class _Run:
    """New samples, or a gap, without a break."""

    start: int
    kind: Kind
    pieces: list[Pcm] = field(default_factory=list)
    length: int = 0

    def rows(self) -> Iterator[Row]:
        if self.kind is Kind.GAP:
            return iter([Row(self.start, self.length, Kind.GAP)])
        pcm = self.pieces[0] if len(self.pieces) == 1 else np.concatenate(self.pieces)
        return pcm_to_rows(self.start, pcm)


class StreamPlan:
    """What is added to one stream."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._runs: list[_Run] = []
        self.through = held.through
        self.tail = held.tail

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.through != self._held.through or self.tail != self._held.tail

    def add_audio(self, chunk: AudioChunk) -> None:
        """Take what is not held of a chunk that begins within or right after what is held."""
        new = chunk.pcm[self.through - chunk.start_sample :]
        if len(new):
            self._run(Kind.SOUND).pieces.append(new)
            self._extend(len(new))

    def add_gap(self, end: int) -> None:
        """Declare what is not held before `end` a gap; an unfinished sample there never gets its rest."""
        if end > self.through:
            self._run(Kind.GAP)
            self._extend(end - self.through)
            self.tail = b""

    def rows(self) -> tuple[Row | None, list[Row]]:
        """The held row as it has grown, if it did, and the rows to insert."""
        rows = [row for run in self._runs for row in run.rows()]
        grown = self._held.last.grown_by(rows[0]) if self._held.last and rows else None
        return (grown, rows[1:]) if grown else (None, rows)

    def held_after(self, grown: Row | None, rows: Sequence[Row]) -> Held:
        """What is held once this is committed."""
        last = rows[-1] if rows else grown or self._held.last
        return Held(self.through, self.tail, last if last and last.kind is not Kind.SOUND else None)

    def _run(self, kind: Kind) -> _Run:
        if not self._runs or self._runs[-1].kind is not kind:
            self._runs.append(_Run(self.through, kind))
        return self._runs[-1]

    def _extend(self, samples: int) -> None:
        self._runs[-1].length += samples
        self.through += samples


class Plan:
    """All that one transaction does."""

    def __init__(self, held: Mapping[int, Held], doomed: Collection[int]) -> None:
        self._held = held
        self._already_doomed = doomed
        self._streams: dict[int, StreamPlan] = {}
        self.doomed: set[int] = set()

    @property
    def streams(self) -> dict[int, StreamPlan]:
        """The streams with something to write."""
        return {stream_id: plan for stream_id, plan in self._streams.items() if plan.changed}

    def append(self, chunks: Sequence[AudioChunk], tails: Mapping[int, bytes]) -> dict[int, int]:
        """Add chunks, all or none; returns what is then held, by stream.

        A tail belongs after the last sample its stream was sent: it is not taken from a piece sent again
        that ends before what is held, and such a piece without a tail leaves the one that is there.

        Raises:
            AudioHole: a chunk begins after what is held.
            NotFound: the stream was deleted.
        """
        ends = self._find_ends(chunks, tails)
        before = {stream_id: self._stream(stream_id).through for stream_id in tails}
        for chunk in chunks:
            self._stream(chunk.stream_id).add_audio(chunk)
        for stream_id, tail in tails.items():
            stream = self._stream(stream_id)
            if ends[stream_id] == stream.through and (tail or stream.through > before[stream_id]):
                stream.tail = tail
        return {stream_id: self._stream(stream_id).through for stream_id in ends}

    def record_gaps(self, gaps: Sequence[Gap]) -> dict[int, int]:
        """Add what is not held of gaps, all or none; returns what is then held, by stream.

        Raises:
            AudioHole: a gap begins after what is held.
            NotFound: a stream was deleted.
        """
        streams = {gap: self._stream(gap.stream_id) for gap in gaps}
        for gap, stream in streams.items():
            if gap.start_sample > stream.through:
                raise AudioHole(stream.through, gap.start_sample)
        for gap, stream in streams.items():
            stream.add_gap(gap.end_sample)
        return {gap.stream_id: stream.through for gap, stream in streams.items()}

    def doom(self, stream_ids: Collection[int]) -> None:
        """Streams that are to go, with what this plan would have added to them."""
        for stream_id in stream_ids:
            self._streams.pop(stream_id, None)
        self.doomed.update(stream_ids)

    def _find_ends(self, chunks: Sequence[AudioChunk], tails: Mapping[int, bytes]) -> dict[int, int]:
        """Where each stream's last chunk ends, without changing anything."""
        through = {stream_id: self._stream(stream_id).through for stream_id in tails}
        ends = dict(through)
        for chunk in chunks:
            held = through.get(chunk.stream_id)
            held = self._stream(chunk.stream_id).through if held is None else held
            if chunk.start_sample > held:
                raise AudioHole(held, chunk.start_sample)
            through[chunk.stream_id] = max(held, chunk.end_sample)
            ends[chunk.stream_id] = chunk.end_sample
        return ends

    def _stream(self, stream_id: int) -> StreamPlan:
        if stream_id in self.doomed or stream_id in self._already_doomed:
            raise NotFound(f"the audio of stream {stream_id} was deleted")
        if stream_id not in self._streams:
            self._streams[stream_id] = StreamPlan(self._held.get(stream_id, Held()))
        return self._streams[stream_id]
