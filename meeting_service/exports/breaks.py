"""Where captions break: a sentence into cues, a cue into lines, at places that read well."""

from collections.abc import Sequence
from dataclasses import dataclass

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


def join_tokens(tokens: Sequence[Token]) -> str:
    """The tokens as text."""
    return "".join(t.text if t.joined or not i else f" {t.text}" for i, t in enumerate(tokens))


def cut_into_cues(tokens: Sequence[Token], first: Widths, rest: Widths, max_ms: int) -> list[Sequence[Token]]:
    """Cut a sentence into runs that each fit a cue, so that the breaks cost least altogether.

    Args:
        tokens: each fits a line.
        first: room in the first cue, which may hold a name.
        rest: room in the others.
        max_ms: no cue lasts longer, unless one token does.
    """
    n = len(tokens)
    costs = [0.0] * (n + 1)
    ends = [n] * (n + 1)
    for start in range(n - 1, -1, -1):
        room = rest if start else first
        choices = [
            (_cue_cost(tokens, start, end) + costs[end], -end)
            for end in _possible_ends(tokens, start, room, max_ms)
        ]
        costs[start], negative_end = min(choices)
        ends[start] = -negative_end
    cues, start = [], 0
    while start < n:
        cues.append(tokens[start : ends[start]])
        start = ends[start]
    return cues


def break_into_lines(tokens: Sequence[Token], widths: Widths) -> tuple[str, ...]:
    """One line where it fits, else two that break well and are of like length."""
    whole = join_tokens(tokens)
    if len(tokens) == 1 or len(widths) == 1 or width(whole) <= widths[0]:
        return (whole,)
    pairs = [(_line_cost(tokens, at, widths), at) for at in range(1, len(tokens))]
    _, at = min(pairs)
    return join_tokens(tokens[:at]), join_tokens(tokens[at:])


def _possible_ends(tokens: Sequence[Token], start: int, widths: Widths, max_ms: int) -> list[int]:
    ends = [start + 1]
    for end in range(start + 2, len(tokens) + 1):
        if tokens[end - 1].end_ms - tokens[start].start_ms > max_ms or not _fits(tokens[start:end], widths):
            break
        ends.append(end)
    return ends


def _fits(tokens: Sequence[Token], widths: Widths) -> bool:
    line, used = 0, 0
    for token in tokens:
        columns = width(token.text)
        space = 0 if token.joined or not used else 1
        if used and used + space + columns > widths[line]:
            line, used, space = line + 1, 0, 0
        if line == len(widths) or columns > widths[line]:
            return False
        used += space + columns
    return True


def _cue_cost(tokens: Sequence[Token], start: int, end: int) -> float:
    cost = _CUE_COST
    if end - start < len(tokens) and width(join_tokens(tokens[start:end])) < _FRAGMENT_COLUMNS:
        cost += _FRAGMENT_COST
    if end == len(tokens):
        return cost
    is_hasty = tokens[end].start_ms - tokens[start].start_ms < _HASTY_MS
    return cost + _break_cost(tokens[end - 1], tokens[end]) + (_HASTY_COST if is_hasty else 0)


def _line_cost(tokens: Sequence[Token], at: int, widths: Widths) -> float:
    upper, lower = width(join_tokens(tokens[:at])), width(join_tokens(tokens[at:]))
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
