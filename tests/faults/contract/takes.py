"""What every stream must hold: the model against which the service is held. Plain numbers, no service."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8_000
TAKE_S = 6
"""seconds that somebody has to say until they leave"""
BETWEEN_TAKES_S = 30
STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""of every meeting; streams are placed by when they were captured"""


@dataclass(slots=True)
class Take:
    """One stream of a lane: all that may be said, and how much of it the service must hold."""

    source: NDArray[np.int16]
    """`(frames, channels)`"""
    captured_at: datetime
    held: int = 0
    """frames"""
    tail: bytes = b""
    """the beginning of the next frame, which came without its end"""
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """frames that never came"""
    ended: bool = False

    @property
    def frame_bytes(self) -> int:
        """Bytes of a sample of all channels."""
        return 2 * int(self.source.shape[1])

    def cut(self, start: int, frames: int, gaps: Iterable[tuple[int, int]] = ()) -> NDArray[np.int16]:
        """What is said there, as far as there is anything; silence where a gap was declared."""
        pcm = self.source[start : start + frames].copy()
        for first, last in (*self.gaps, *gaps):
            pcm[max(0, first - start) : max(0, last - start)] = 0
        return pcm

    def follow_on(self, length: int) -> bytes:
        """The next bytes for somebody who does not count samples."""
        begin = self.held * self.frame_bytes + len(self.tail)
        return self.source.astype("<i2").tobytes()[begin : begin + length]

    def take_piece(self, start: int, body: bytes) -> bool:
        """A piece with a position arrives; False if there is a hole before it."""
        if start > self.held:
            return False
        frames, rest = divmod(len(body), self.frame_bytes)
        self._take(start + frames, body[len(body) - rest :])
        return True

    def take_next(self, body: bytes) -> None:
        """A piece without a position arrives."""
        body = self.tail + body
        frames, rest = divmod(len(body), self.frame_bytes)
        self._take(self.held + frames, body[len(body) - rest :])

    def take_gap(self, end: int) -> None:
        """What is missing before `end` never existed."""
        if end > self.held:
            self.gaps.append((self.held, end))
            self.held, self.tail = end, b""

    def settle(self, through: int) -> None:
        """A sender broke off, and so much of what was on its way is held."""
        if through > self.held:
            self.held, self.tail = through, b""

    def content(self) -> NDArray[np.int16]:
        """What is held, zeros in gaps."""
        return self.cut(0, self.held)

    def _take(self, end: int, tail: bytes) -> None:
        grows = end > self.held
        if grows or (end == self.held and tail):
            self.held, self.tail = end, tail


@dataclass(slots=True)
class Lane:
    """Who is sent together: one participant, or one for each channel."""

    participants: tuple[str, ...]
    takes: list[Take] = field(default_factory=list)

    @property
    def take(self) -> Take:
        """The one that takes audio, begun now if need be."""
        if not self.takes or self.takes[-1].ended:
            number = len(self.takes)
            at = STARTED_AT + timedelta(seconds=number * BETWEEN_TAKES_S)
            self.takes.append(Take(_speak(self.participants, number), at))
        return self.takes[-1]

    @property
    def open(self) -> Take | None:
        """The one that has begun and not ended."""
        return self.takes[-1] if self.takes and not self.takes[-1].ended else None

    @property
    def ended(self) -> Take | None:
        """The last one, if it has ended and held anything."""
        last = self.takes[-1] if self.takes else None
        return last if last and last.ended and last.held else None


def _speak(participants: tuple[str, ...], number: int) -> NDArray[np.int16]:
    """Utterances with pauses, each sample told from every other; `(frames, channels)`."""
    columns = []
    for participant in participants:
        rng = np.random.default_rng([*participant.encode(), number])
        pcm = np.zeros(TAKE_S * RATE_HZ, np.int16)
        at = int(rng.integers(0, RATE_HZ // 2))
        while at < len(pcm):
            end = min(len(pcm), at + int(rng.integers(RATE_HZ // 2, 2 * RATE_HZ)))
            pcm[at:end] = rng.integers(-9_000, 9_000, end - at)
            at = end + int(rng.integers(RATE_HZ // 2, RATE_HZ))
        columns.append(pcm)
    return np.stack(columns, axis=1)
