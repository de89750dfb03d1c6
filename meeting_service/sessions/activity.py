"""How it is with everybody this moment, for who watches: how loud, how late, whether they were cut off."""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

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
LOST_S = 120.0
"""after which a sender whose connection broke is no longer expected back: simply no audio comes"""
SHARED_S = 0.25
"""how long what was found counts for all who watch a meeting"""


@dataclass(frozen=True, slots=True)
class Activity:
    """One participant this moment."""

    participant_id: str
    level: int = 0
    """0 to 5, see `PEAKS`; 0 where nothing comes"""
    behind_ms: int = 0
    """how much later than usual their text is"""
    reconnecting: bool = False
    """whether the connection that sent their audio broke a while ago, and no other has come since"""


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


class Snapshot:
    """How it is with everybody at one moment; the same one for many who watch."""

    def __init__(self, people: Mapping[str, Activity]) -> None:
        self.people = people
        """by id, those with whom it is not as with somebody who is silent and in time"""
        self._written: WeakKeyDictionary[Snapshot, str] = WeakKeyDictionary()
        """news against others, for as long as somebody knows these"""

    def write_news(self, known: "Snapshot", write: Callable[[Sequence[Activity]], str]) -> str:
        """How it is with those with whom it is not as in `known`, nothing if there is nobody.

        It is written once for all who ask, so all ask with the same `write`.
        """
        if known is self:
            return ""
        if (text := self._written.get(known)) is None:
            news = _find_news(known.people, self.people)
            text = self._written[known] = write(news) if news else ""
        return text


NOBODY = Snapshot({})
"""before anything was told"""


class Watch:
    """Looks how it is with a meeting's people: once for all who ask within `SHARED_S`."""

    def __init__(self) -> None:
        self._at_s = -math.inf
        self._shown: Mapping[str, str] = {}
        self._latest = NOBODY

    def look(self, streams: Iterable["LiveStream"], now_s: float, shown: Mapping[str, str]) -> Snapshot:
        """As of now or just before; takes what `list_activity` does."""
        if now_s - self._at_s >= SHARED_S or shown != self._shown:
            found = list_activity(streams, now_s, shown)
            self._at_s, self._shown = now_s, shown
            self._latest = self._latest if found == self._latest.people else Snapshot(found)
        return self._latest


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
        reconnecting=_is_expected_back([live.lost_s for live in taken], now_s),
    )


def _is_expected_back(lost: Sequence[float | None], now_s: float) -> bool:
    """Whether all senders are lost, and one of them not for long."""
    since = [at_s for at_s in lost if at_s is not None]
    return 0 < len(since) == len(lost) and now_s - max(since) < LOST_S


def _find_news(known: Mapping[str, Activity], now: Mapping[str, Activity]) -> list[Activity]:
    changed = [who for who in {**known, **now} if known.get(who) != now.get(who)]
    return [now.get(who, Activity(who)) for who in changed]
