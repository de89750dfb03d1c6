"""Who says what in a meeting of a campaign: the same audio in every run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np

from meeting_service.audio import Pcm
from tests.signals import talk
from tests.spoken import list_recordings

RATE_HZ = 16_000
START = datetime(2026, 5, 1, 9, tzinfo=UTC)


class By(StrEnum):
    """How a participant's bot speaks to the service."""

    POSTS = "posts"
    SOCKET = "socket"
    CLIENT = "client"


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One stream of a participant. Silence instead of the audio where it is declared a gap."""

    participant: str
    number: int
    """which of the participant's streams, from 0"""
    by: By
    starts_s: float
    """offset of its first sample in the meeting"""
    pcm: Pcm
    """`(samples,)` at 16 kHz, zeros in the gap"""
    gap: tuple[int, int] | None = None
    """samples that are declared never to come"""
    leaves: bool = False
    """whether the participant leaves after it, instead of staying until the meeting ends"""

    @property
    def captured_at(self) -> datetime:
        """When its first sample was captured."""
        return START + timedelta(seconds=self.starts_s)


Script = Sequence[Take]
"""takes in the order in which they begin"""


def make_script(seconds: float = 36.0) -> Script:
    """Four participants of hashed noise: one joins late, one leaves and comes back, one declares a gap."""
    late_s, back_s = seconds / 3, seconds * 3 / 5
    gap = (round(seconds / 3 * RATE_HZ), round(seconds / 2 * RATE_HZ))
    return (
        Take("ann", 0, By.POSTS, 0.0, make_talk(seconds, 1)),
        Take("dan", 0, By.SOCKET, 0.0, _with_gap(make_talk(seconds, 2), gap), gap),
        Take("eve", 0, By.CLIENT, 0.0, make_talk(seconds / 2, 3), leaves=True),
        Take("ben", 0, By.SOCKET, late_s, make_talk(seconds - late_s, 4)),
        Take("eve", 1, By.CLIENT, back_s, make_talk(seconds - back_s, 5)),
    )


def make_spoken_script() -> Script:
    """The same with recorded voices, for a model that knows words."""
    ann, ben, dan, eve, back = sorted((r.pcm for r in list_recordings()), key=len, reverse=True)[:5]
    gap = (len(dan) // 3, len(dan) // 2)
    return (
        Take("ann", 0, By.POSTS, 0.0, ann),
        Take("dan", 0, By.SOCKET, 0.0, _with_gap(dan, gap), gap),
        Take("eve", 0, By.CLIENT, 0.0, eve, leaves=True),
        Take("ben", 0, By.SOCKET, 2.0, ben),
        Take("eve", 1, By.CLIENT, len(eve) / RATE_HZ + 1.0, back),
    )


def make_talk(seconds: float, seed: int) -> Pcm:
    """Pauses and speech of differing lengths, some of it longer than a window."""
    lengths = np.random.default_rng(seed).choice([0.9, 1.2, 1.6, 2.5, 3.5, 11.0], size=40)
    parts = [0.8 if i % 2 == 0 else float(length) for i, length in enumerate(lengths)]
    samples = talk(*parts, seed=seed)[: round(seconds * RATE_HZ)]
    return np.round(samples * 32_768).astype(np.int16)


def _with_gap(pcm: Pcm, gap: tuple[int, int]) -> Pcm:
    kept = pcm.copy()
    kept[gap[0] : gap[1]] = 0
    return kept
