"""The timeline: who is heard from where to where, and at which rate. No audio is read.

Positions are samples of the meeting at the recording's rate, which has a whole number of them in each ms; so
is 0 the meeting's start whatever is asked for.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.errors import InvalidRequest, NotFound
from meeting_service.meeting import Stream
from meeting_service.resample import Resampler

FULL_RATE_HZ = 48_000
RATES_HZ = (RECOGNITION_RATE_HZ, FULL_RATE_HZ)
PATIENCE_S = 10
"""who sends and is further behind the others than this is not waited for"""
_VERSION = 1
"""of how samples are made: a tag of other samples is another tag"""


@dataclass(frozen=True, slots=True)
class Held:
    """A stream and how much of it there is."""

    stream: Stream
    through: int
    """samples at the stream's own rate, gaps included"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of a meeting is asked for."""

    participant_ids: Collection[str] | None = None
    """only these, who are one person; None mixes all"""
    from_ms: int = 0
    to_ms: int | None = None
    """None: as far as everybody is who sends now"""
    rate_hz: int | None = None
    """16 or 48 kHz; None: by what came"""

    def __post_init__(self) -> None:
        if self.to_ms is not None and self.from_ms >= self.to_ms:
            raise InvalidRequest("a span of time ends after it begins")
        if self.rate_hz not in (None, *RATES_HZ):
            raise InvalidRequest(f"audio is played at {' or '.join(map(str, RATES_HZ))} Hz")


@dataclass(frozen=True, slots=True)
class Track:
    """One stream on the timeline."""

    held: Held
    resampler: Resampler
    start: int
    end: int
    """what is known at this moment of a stream that goes on"""


@dataclass(frozen=True, slots=True)
class Recording:
    """What is played: `[start, end)` of a meeting."""

    rate_hz: int
    start: int
    end: int
    tracks: Sequence[Track]
    """by stream, of those asked for"""

    @property
    def samples(self) -> int:
        """How long it is."""
        return self.end - self.start

    @property
    def from_ms(self) -> int:
        """Where in the meeting it begins."""
        return self.start * 1000 // self.rate_hz

    @property
    def to_ms(self) -> int:
        """Where in the meeting it ends."""
        return self.end * 1000 // self.rate_hz

    @property
    def tag(self) -> str:
        """Stands for its samples: the same as long as they are, also while the meeting goes on."""
        heard = [
            (track.held.stream.id, track.held.stream.rate_hz, track.start, min(track.end, self.end))
            for track in self.tracks
            if track.start < self.end and track.end > self.start
        ]
        told = repr((_VERSION, self.rate_hz, self.start, self.end, heard))
        return hashlib.sha256(told.encode()).hexdigest()[:32]


def lay_out(streams: Sequence[Held], part: Part) -> Recording:
    """Put the streams of a meeting on its timeline.

    Without a rate, at 48 kHz if anything that is heard came at more than 16 kHz, else at 16 kHz. So what came
    at one of these two is played as it came, nothing is played worse than it came, and telephony or wideband
    speech makes no file that is three times as long as need be.

    Raises:
        NotFound: there is nothing there.
    """
    came_hz = [held.stream.rate_hz for held in streams if _is_heard(held, part)]
    rate_hz = part.rate_hz or _choose_rate(max(came_hz, default=0))
    tracks = [_place(held, rate_hz) for held in streams]
    start, end = _find_span(tracks, part, rate_hz)
    return Recording(rate_hz, start, end, [track for track in tracks if _is_heard(track.held, part)])


def _is_heard(held: Held, part: Part) -> bool:
    return part.participant_ids is None or held.stream.participant_id in part.participant_ids


def _choose_rate(came_hz: int) -> int:
    return FULL_RATE_HZ if came_hz > RECOGNITION_RATE_HZ else RECOGNITION_RATE_HZ


def _place(held: Held, rate_hz: int) -> Track:
    stream, resampler = held.stream, Resampler(held.stream.rate_hz, rate_hz)
    start = stream.anchor_ms * rate_hz // 1000
    return Track(held, resampler, start, start + resampler.available(held.through, finished=stream.ended))


def _find_span(tracks: Sequence[Track], part: Part, rate_hz: int) -> tuple[int, int]:
    """Everybody counts, whoever is asked for: files of all participants are of one length."""
    furthest = max((track.end for track in tracks), default=0)
    if furthest == 0:
        raise NotFound("no audio came in this meeting")
    start = part.from_ms * rate_hz // 1000
    if part.to_ms is not None:
        end = min(part.to_ms * rate_hz // 1000, furthest)
    else:
        end = _find_common_end(tracks, furthest, furthest - PATIENCE_S * rate_hz)
    if start >= end:
        raise NotFound(f"there is no audio {part.from_ms} ms after the meeting's start: it ends before")
    return start, end


def _find_common_end(tracks: Sequence[Track], furthest: int, oldest: int) -> int:
    sending = [track.end for track in tracks if not track.held.stream.ended]
    return min([furthest, *(end for end in sending if end > oldest)])
