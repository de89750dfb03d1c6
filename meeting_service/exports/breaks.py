"""Where captions break: a sentence into cues, a cue into lines, at places that read well."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from meeting_service.exports.plain import width

Widths = Sequence[int]
"""columns of each line a cue may have"""

_PAUSE_MS = 400
_CUE_COST = 10
_FRAGMENT_COLUMNS = 12
_FRAGMENT_COST = 8
_HASTY_MS = 833
_HASTY_COST = 20
_BEST, _GOOD, _FAIR, _PLAIN, _BAD = 0, 2, 3, 8, 16

_CONJUNCTIONS = frozenset(
    "and or but so because although though while when where which who that if than as".split(" ")  # noqa: SIM905
)
_PREPOSITIONS = frozenset(
    "about after at before by for from in into of on over through to under until with".split(" ")  # noqa: SIM905
)
_DETERMINERS = frozenset("a an the this my your his her its our their no not i we he she they".split(" "))  # noqa: SIM905
_HOLDS_ON = _CONJUNCTIONS | _PREPOSITIONS | _DETERMINERS


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a caption with its time in the meeting."""

    text: str
    start_ms: int
    end_ms: int
    joined: bool = False
    """whether it continues the token before, without a space"""
    columns: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", width(self.text))


def join_tokens(tokens: Sequence[Token]) -> str:
    """The tokens as text."""
    return "".join(t.text if t.joined or not i else f" {t.text}" for i, t in enumerate(tokens))


def tokens_width(tokens: Sequence[Token]) -> int:
    """Columns of the tokens on one line."""
    return sum(t.columns + (not t.joined and i > 0) for i, t in enumerate(tokens))


def cut_into_cues(tokens: Sequence[Token], first: Widths, rest: Widths, max_ms: int) -> list[Sequence[Token]]:
    """Cut a sentence into runs that each fit a cue, so that the breaks cost least altogether.

    Args:
        tokens: each fits a line.
        first: room in the first cue, which may hold a name.
        rest: room in the others.
        max_ms: no cue lasts longer, unless one token does.
    """
    if len(_possible_ends(tokens, 0, first, max_ms)) == len(tokens):
        return [tokens]
    breaks = [_break_cost(before, after) for before, after in pairwise(tokens)]
    costs = [0] * (len(tokens) + 1)
    ends = [0] * len(tokens)
    for start in range(len(tokens) - 1, -1, -1):
        possible = _possible_ends(tokens, start, rest if start else first, max_ms)
        costs[start], later = min(
            (_cue_cost(tokens, start, end, columns, breaks) + costs[end], -end) for end, columns in possible
        )
        ends[start] = -later
    cues, start = [], 0
    while start < len(tokens):
        cues.append(tokens[start : ends[start]])
        start = ends[start]
    return cues


def break_into_lines(tokens: Sequence[Token], widths: Widths) -> tuple[str, ...]:
    """One line where it fits, else two that break well and are of like length."""
    if len(tokens) == 1 or len(widths) == 1 or tokens_width(tokens) <= widths[0]:
        return (join_tokens(tokens),)
    pairs = [(_line_cost(tokens, at, widths), at) for at in range(1, len(tokens))]
    _, at = min(pairs)
    return join_tokens(tokens[:at]), join_tokens(tokens[at:])


def _possible_ends(tokens: Sequence[Token], start: int, widths: Widths, max_ms: int) -> list[tuple[int, int]]:
    """Where a cue that begins here may end, with its columns; always at least after its first token."""
    found: list[tuple[int, int]] = []
    line, used, columns = 0, 0, 0
    for index in range(start, len(tokens)):
        token = tokens[index]
        space = 0 if token.joined or not used else 1
        if used and used + space + token.columns > widths[line]:
            line, used, space = line + 1, 0, 0
        fits = line < len(widths) and token.columns <= widths[line]
        if found and (not fits or token.end_ms - tokens[start].start_ms > max_ms):
            break
        used += space + token.columns
        columns += space + token.columns
        found.append((index + 1, columns))
    return found


def _cue_cost(tokens: Sequence[Token], start: int, end: int, columns: int, breaks: Sequence[int]) -> int:
    cost = _CUE_COST + (_FRAGMENT_COST if columns < _FRAGMENT_COLUMNS else 0)
    if end == len(tokens):
        return cost
    is_hasty = tokens[end].start_ms - tokens[start].start_ms < _HASTY_MS
    return cost + breaks[end - 1] + (_HASTY_COST if is_hasty else 0)


def _line_cost(tokens: Sequence[Token], at: int, widths: Widths) -> float:
    upper, lower = tokens_width(tokens[:at]), tokens_width(tokens[at:])
    overflow = max(upper - widths[0], 0) + max(lower - widths[1], 0)
    return 1_000 * overflow + _break_cost(tokens[at - 1], tokens[at]) + abs(upper - lower) / 4


def _break_cost(before: Token, after: Token) -> int:
    if after.joined:
        return 2 * _BAD
    if before.text[-1] in ".?!…;:" or after.start_ms - before.end_ms >= _PAUSE_MS:
        return _BEST
    if before.text[-1] in ",–—)":
        return _GOOD
    if before.text.casefold() in _HOLDS_ON:
        return _BAD
    word = after.text.casefold()
    return _FAIR if word in _CONJUNCTIONS else _FAIR + 1 if word in _PREPOSITIONS else _PLAIN
