"""What a stream has written and the service has not acknowledged: kept to be sent again. No I/O."""

from collections import deque
from dataclasses import dataclass, field

MERGE_SAMPLES = 16_000
"""small writes are kept together up to this size"""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a stream to send: audio, or a gap where there is no payload."""

    start: int
    end: int
    payload: bytes | None


@dataclass(slots=True)
class _Kept:
    start: int
    end: int
    payload: bytearray | None = field(repr=False)


class Unacknowledged:
    """Audio and gaps from `start` up to `end`, without holes. Positions are samples of the stream."""

    def __init__(self, frame_bytes: int) -> None:
        self._frame_bytes = frame_bytes
        self._kept: deque[_Kept] = deque()
        self.start = 0
        self.end = 0

    @property
    def audio_samples(self) -> int:
        """Samples that take memory; gaps do not."""
        return sum(kept.end - kept.start for kept in self._kept if kept.payload is not None)

    def append(self, payload: bytes | memoryview) -> None:
        """Keep whole samples that follow on."""
        most = MERGE_SAMPLES * self._frame_bytes
        for start in range(0, len(payload), most):
            self._append(payload[start : start + most])

    def _append(self, payload: bytes | memoryview) -> None:
        samples = len(payload) // self._frame_bytes
        last = self._kept[-1] if self._kept else None
        if last is None or last.payload is None or last.end - last.start + samples > MERGE_SAMPLES:
            last = _Kept(self.end, self.end, bytearray())
            self._kept.append(last)
        if last.payload is not None:
            last.payload += payload
        last.end = self.end = self.end + samples

    def append_gap(self, samples: int) -> None:
        """Leave out `samples` that never existed."""
        self.end += samples
        if self._kept and self._kept[-1].payload is None:
            self._kept[-1].end = self.end
        else:
            self._kept.append(_Kept(self.end - samples, self.end, None))

    def acknowledge(self, through: int) -> None:
        """Forget what is before `through`; a position that was acknowledged already changes nothing."""
        self.start = max(self.start, min(through, self.end))
        while self._kept and self._kept[0].end <= self.start:
            self._kept.popleft()
        if self._kept and self._kept[0].start < self.start:
            first = self._kept[0]
            if first.payload is not None:
                del first.payload[: (self.start - first.start) * self._frame_bytes]
            first.start = self.start

    def part_after(self, position: int, max_samples: int) -> Part | None:
        """What follows `position`: at most `max_samples` of audio, or a whole gap; None at the end."""
        for kept in self._kept:
            if kept.end <= position:
                continue
            start = max(kept.start, position)
            if kept.payload is None:
                return Part(start, kept.end, None)
            end = min(kept.end, start + max_samples)
            first, last = ((p - kept.start) * self._frame_bytes for p in (start, end))
            return Part(start, end, bytes(kept.payload[first:last]))
        return None

    def move(self, start: int) -> None:
        """Call the first sample kept `start` from now on: the service counts from somewhere else."""
        by = start - self.start
        self.start += by
        self.end += by
        for kept in self._kept:
            kept.start += by
            kept.end += by
