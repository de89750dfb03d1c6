"""How it is with everybody this moment, for who watches: how loud, how late, whether they were cut off."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meeting_service.audio import Pcm

if TYPE_CHECKING:
    from meeting_service.sessions.live import LiveStream

PEAKS = (104, 328, 1_036, 3_277, 10_362)
"""16-bit samples, from which on a sound is one level louder: -50, -40, … -10 dB of full scale"""
HEARD_SAMPLES = 16_000
"""of a piece that comes, those at its end that are looked at"""
HELD_S = 0.6
"""how long the loudest counts, so that a level does not fall between two syllables"""
STALE_S = 2.5
"""after which what came last is not what comes now"""


@dataclass(frozen=True, slots=True)
class Activity:
    """One participant this moment."""

    participant_id: str
    level: int = 0
    """0 to 5, see `PEAKS`; 0 where nothing comes"""
    behind_ms: int = 0
    """how much later than usual their text is"""
    reconnecting: bool = False
    """whether the connection that sent their audio broke, and nothing came since"""


class Loudness:
    """How loud a stream is, from the peaks of what comes."""

    def __init__(self) -> None:
        self._level = 0
        self._at_s = -math.inf

    def add(self, pcm: Pcm, at_s: float) -> None:
        """`pcm`, int16 `(samples,)`, came at a monotonic time."""
        level = pcm_to_level(pcm)
        if level >= self._level or at_s - self._at_s >= HELD_S:
            self._level, self._at_s = level, at_s

    def level(self, now_s: float) -> int:
        """0 to 5."""
        return self._level if now_s - self._at_s < STALE_S else 0


def pcm_to_level(pcm: Pcm) -> int:
    """How loud the end of a piece, int16 `(samples,)`, is by its peak: 0 to 5."""
    heard = pcm[-HEARD_SAMPLES:]
    # The lowest sample has no positive of its own size.
    return bisect_right(PEAKS, max(int(heard.max()), -int(heard.min()))) if len(heard) else 0


def list_activity(
    streams: Iterable["LiveStream"], now_s: float, shown: Mapping[str, str]
) -> dict[str, Activity]:
    """Those with whom it is not as with somebody who is silent and in time.

    Args:
        streams: all of a meeting whose text is not all final.
        now_s: monotonic.
        shown: as whom those are shown who were said to be somebody else.

    Returns:
        By the id under which they are shown.
    """
    theirs: dict[str, list[LiveStream]] = {}
    for live in streams:
        who = live.stream.participant_id
        theirs.setdefault(shown.get(who, who), []).append(live)
    everybody = {who: _streams_to_activity(who, lives, now_s) for who, lives in theirs.items()}
    return {who: activity for who, activity in everybody.items() if activity != Activity(who)}


def _streams_to_activity(who: str, streams: Sequence["LiveStream"], now_s: float) -> Activity:
    taken = [live for live in streams if not live.stream.ended]
    return Activity(
        who,
        level=max((live.loudness.level(now_s) for live in taken), default=0),
        behind_ms=max(live.behind_ms for live in streams),
        reconnecting=bool(taken) and all(live.sender_lost for live in taken),
    )
