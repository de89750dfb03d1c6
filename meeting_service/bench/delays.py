"""How soon text came: what a watcher saw, held against when its audio was sent.

All delays are wall time in ms, from the moment a piece of audio was handed to the bot's socket to the
moment the event with the text had been read from the watcher's.

- first draft: from a turn's first sample of speech to the first text of it, draft or final. The time it takes
  to say the first word is part of it.
- draft: from the end of the last word of a draft to that draft; of drafts that reach further than any before.
- word: from each final word's end to the first text, draft or final, that reaches as far. Whatever is between
  two drafts is part of it.
- final: from a turn's last sample of speech to the last of its final sentences. The pause that ends an
  utterance is part of it.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from meeting_service.bench.bots import Sent
from meeting_service.bench.turns import Turn
from meeting_service.demo.report import percentile

DRAFT_LIMIT_MS = 1_000.0
FINAL_LIMIT_MS = 1_500.0
REACH_MS = 80
"""text reaches a word that ends so much later: two hypotheses may differ by an encoder frame"""
SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Shown:
    """Text of one participant that reached a watcher; times in ms of the meeting."""

    at_s: float
    """monotonic time"""
    final: bool
    start_ms: int
    end_ms: int
    word_ends_ms: tuple[int, ...] = ()
    """of final text"""


@dataclass(slots=True)
class Delays:
    """Of any number of participants; infinite where text never came."""

    first_drafts_ms: list[float] = field(default_factory=list)
    drafts_ms: list[float] = field(default_factory=list)
    words_ms: list[float] = field(default_factory=list)
    finals_ms: list[float] = field(default_factory=list)

    def add(self, other: "Delays") -> None:
        """Take another participant's."""
        self.first_drafts_ms += other.first_drafts_ms
        self.drafts_ms += other.drafts_ms
        self.words_ms += other.words_ms
        self.finals_ms += other.finals_ms

    @property
    def late_share(self) -> float:
        """Of drafts and finals together, how many came after their limit."""
        late = sum(d > DRAFT_LIMIT_MS for d in self.drafts_ms) + sum(
            f > FINAL_LIMIT_MS for f in self.finals_ms
        )
        return late / max(1, len(self.drafts_ms) + len(self.finals_ms))

    @property
    def in_time(self) -> bool:
        """Whether 95 of 100 drafts, and of finals, kept to their limit."""
        drafts, finals = percentile(self.drafts_ms, 0.95), percentile(self.finals_ms, 0.95)
        return drafts <= DRAFT_LIMIT_MS and finals <= FINAL_LIMIT_MS


def measure_delays(sent: Sent, shown: Sequence[Shown], since: int = 0) -> Delays:
    """One participant's delays.

    Args:
        sent: what was sent, and when.
        shown: what came of it, in the order it came, without text that was taken back.
        since: sample before which turns and text are overlooked.
    """
    turns = [turn for turn in sent.track.turns if turn.start >= since]
    return Delays(
        [_delay_ms(sent, turn.start, _first_text(sent, turn, shown)) for turn in turns],
        list(_drafts(sent, shown, since)),
        list(_words(sent, shown, since)),
        [_delay_ms(sent, turn.end - 1, _last_final(sent, turn, shown)) for turn in turns],
    )


def summarise(values: Sequence[float]) -> dict[str, int | None]:
    """p50, p95 and p99 in whole ms; None where text never came."""
    found = {f"p{share * 100:.0f}": percentile(values, share) for share in SHARES}
    return {name: round(value) if math.isfinite(value) else None for name, value in found.items()}


def show_ms(value: int | None) -> str:
    """For a table."""
    return "-" if value is None else str(value)


def _first_text(sent: Sent, turn: Turn, shown: Sequence[Shown]) -> float | None:
    about = (
        s for s in shown if turn.start < sent.sample_at(s.end_ms) and sent.sample_at(s.start_ms) < turn.end
    )
    return next((text.at_s for text in about), None)


def _last_final(sent: Sent, turn: Turn, shown: Sequence[Shown]) -> float | None:
    finals = [
        s for s in shown if s.final and turn.start < sent.sample_at((s.start_ms + s.end_ms) // 2) < turn.end
    ]
    return max((text.at_s for text in finals), default=None)


def _drafts(sent: Sent, shown: Sequence[Shown], since: int) -> Iterator[float]:
    reached = 0
    for text in shown:
        sample = sent.sample_at(text.end_ms)
        if not text.final and text.end_ms > reached and sample >= since:
            yield _delay_ms(sent, sample - 1, text.at_s)
        reached = max(reached, text.end_ms)


def _words(sent: Sent, shown: Sequence[Shown], since: int) -> Iterator[float]:
    reaches = list(accumulate((text.end_ms for text in shown), max))
    for end_ms in (end for text in shown for end in text.word_ends_ms):
        sample = sent.sample_at(end_ms)
        if sample >= since:
            yield _delay_ms(sent, sample - 1, shown[bisect_left(reaches, end_ms - REACH_MS)].at_s)


def _delay_ms(sent: Sent, sample: int, at_s: float | None) -> float:
    sent_s = sent.sent_s(sample)
    return math.inf if at_s is None or sent_s is None else max(0.0, (at_s - sent_s) * 1_000)
