"""How well captions can be read: figures, not rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from meeting_service.exports.check.report import CheckedCue

MAX_LINES = 2


@dataclass(frozen=True, slots=True)
class Readability:
    """Shares of cues, 0 to 1; all 1 for no cues."""

    fitting: float
    """at most two lines, each within the width"""
    long_enough: float
    """shown long enough to be seen"""
    short_enough: float
    """not shown for longer than captions should be"""
    unhurried: float
    """no more characters a second than can be read"""


def measure(
    cues: Sequence[CheckedCue],
    line_chars: int = 42,
    *,
    min_ms: int = 833,
    max_ms: int = 7_000,
    chars_per_s: int = 20,
) -> Readability:
    """The figures of a file's cues, by these rules."""

    def share(fits: Callable[[CheckedCue], bool]) -> float:
        return sum(map(fits, cues)) / len(cues) if cues else 1.0

    return Readability(
        fitting=share(lambda cue: len(cue.lines) <= MAX_LINES and max(map(len, cue.lines)) <= line_chars),
        long_enough=share(lambda cue: cue.end_ms - cue.start_ms >= min_ms),
        short_enough=share(lambda cue: cue.end_ms - cue.start_ms <= max_ms),
        unhurried=share(
            lambda cue: sum(map(len, cue.lines)) * 1000 <= (cue.end_ms - cue.start_ms) * chars_per_s
        ),
    )
