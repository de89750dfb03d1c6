"""Streams that are held in memory, and what reads them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from meeting_service.audio import Pcm
from meeting_service.errors import AudioDamaged
from meeting_service.meeting import Stream
from meeting_service.playback import Held, OpenReading, Part, ReadHeld, Recording, lay_out
from meeting_service.playback.mixing import mix

ALL = Part()


def noise(samples: int, seed: int = 1, level: int = 9_000) -> Pcm:
    """Audio in which every sample is told from every other."""
    return np.random.default_rng(seed).integers(-level, level, samples, dtype=np.int16)


class Voices:
    """Everybody's streams, by id from 1 on. `damaged` are samples that cannot be read, by stream."""

    def __init__(self, damaged: Mapping[int, range] | None = None) -> None:
        self.held: list[Held] = []
        self.reads = 0
        self._pcm: dict[int, Pcm] = {}
        self._damaged = damaged or {}

    def add(
        self, participant_id: str, pcm: Pcm, *, rate_hz: int = 16_000, at_ms: int = 0, ended: bool = True
    ) -> None:
        """A participant's stream."""
        stream = Stream(len(self.held) + 1, "m", participant_id, rate_hz, at_ms, ended=ended)
        self.held.append(Held(stream, len(pcm)))
        self._pcm[stream.id] = pcm

    def read(self, stream_id: int, start: int, end: int) -> Pcm:
        """As a ledger does: whatever is damaged spoils the whole reading."""
        self.reads += 1
        assert 0 <= start <= end <= len(self._pcm[stream_id])
        damaged = self._damaged.get(stream_id, range(0))
        if max(start, damaged.start) < min(end, damaged.stop):
            raise AudioDamaged("this part")
        return self._pcm[stream_id][start:end]

    @contextmanager
    def open(self) -> Iterator[ReadHeld]:
        """For one block."""
        yield self.read

    @property
    def opening(self) -> OpenReading:
        """What opens them."""
        return self.open

    def lay_out(self, part: Part = ALL) -> Recording:
        """What there is of them."""
        return lay_out(self.held, part)

    def hear(self, part: Part = ALL, step: int = 10_000_000) -> Pcm:
        """All of it, some samples at a time."""
        found = self.lay_out(part)
        starts = range(found.start, found.end, step)
        return np.concatenate([mix(found, self.read, at, min(at + step, found.end)) for at in starts])


def ms(samples: Sequence[int] | Pcm, rate_hz: int = 16_000) -> int:
    """How long samples are."""
    return len(samples) * 1000 // rate_hz
