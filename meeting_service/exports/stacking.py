"""Captions for players that show one at a time: no two overlap.

People who start to speak within a second of each other share a caption, a line each, marked with a dash.
Who starts later takes over as soon as the caption before has been read, two seconds late at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from meeting_service.exports.breaks import tokens_width
from meeting_service.exports.cues import Piece
from meeting_service.exports.rules import LineRules

SHARE_MS = 1_000
MAX_DELAY_MS = 2_000
_HASTY_CHARS_PER_S = 30


@dataclass(slots=True)
class Shared:
    """A caption of one piece, or of two people's."""

    pieces: list[Piece]
    start_ms: int
    end_ms: int

    @property
    def columns(self) -> int:
        """How much there is to read."""
        return sum(tokens_width(piece.tokens) for piece in self.pieces)


def stack(pieces: Sequence[Piece], rules: LineRules) -> list[Shared]:
    """Pieces, by start, as captions one after another; every piece is in one of them.

    What one person says stays in order; in a shared caption the order is by participant, so that lines
    do not change places from one to the next.
    """
    shown: list[Shared] = []
    for piece in pieces:
        last = shown[-1] if shown else None
        if last is None or piece.start_ms >= max(last.end_ms, last.start_ms + rules.min_ms):
            shown.append(Shared([piece], piece.start_ms, piece.end_ms))
        elif _may_share(last, piece):
            _share(last, piece, rules.max_ms)
        else:
            shown.append(_take_over(last, piece, rules.min_ms))
    return shown


def _may_share(last: Shared, piece: Piece) -> bool:
    [first, *others] = last.pieces
    one_line_each = first.crowded and piece.crowded and not others
    soon = piece.start_ms - last.start_ms < SHARE_MS
    return one_line_each and soon and first.participant_id != piece.participant_id


def _share(last: Shared, piece: Piece, max_ms: int) -> None:
    last.pieces = sorted([*last.pieces, piece], key=lambda p: p.participant_id)
    last.end_ms = min(max(last.end_ms, piece.end_ms), last.start_ms + max_ms)


def _take_over(last: Shared, piece: Piece, min_ms: int) -> Shared:
    read_by = min(last.start_ms + last.columns * 1000 // _HASTY_CHARS_PER_S, piece.start_ms + MAX_DELAY_MS)
    start_ms = max(piece.start_ms, min(read_by, last.end_ms), last.start_ms + min_ms)
    last.end_ms = min(last.end_ms, start_ms)
    return Shared([piece], start_ms, max(piece.end_ms, start_ms + 1))
