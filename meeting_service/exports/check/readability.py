"""How well captions can be read: figures, not rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from meeting_service.exports.check.report import CheckedCue

_SEEN_MS = 833
_LONG_MS = 7_000


@dataclass(frozen=True, slots=True)
class Readability:
    """Shares of cues, 0 to 1; all 1 for no cues."""

    fitting: float
    """at most two lines, each within the width"""
    long_enough: float
    """shown for five sixths of a second or more"""
    short_enough: float
    """shown for seven seconds or less"""
    unhurried: float
    """at most 20 characters a second"""


def measure(cues: Sequence[CheckedCue], line_chars: int = 42) -> Readability:
    """The figures of a file's cues."""
    count = len(cues) or 1
    empty = not cues

    def share(matching: int) -> float:
        return 1.0 if empty else matching / count

    return Readability(
        fitting=share(sum(len(c.lines) <= 2 and max(map(len, c.lines)) <= line_chars for c in cues)),
        long_enough=share(sum(c.end_ms - c.start_ms >= _SEEN_MS for c in cues)),
        short_enough=share(sum(c.end_ms - c.start_ms <= _LONG_MS for c in cues)),
        unhurried=share(sum(sum(map(len, c.lines)) * 50 <= c.end_ms - c.start_ms for c in cues)),
    )
