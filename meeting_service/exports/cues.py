"""From sentences to captions: pieces short enough to read, each with its time."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from meeting_service.exports.breaks import Token, Widths, cut_into_cues
from meeting_service.exports.plain import break_word, width
from meeting_service.exports.rules import LineRules
from meeting_service.exports.words import time_words
from meeting_service.transcript import Sentence


@dataclass(frozen=True, slots=True)
class Piece:
    """What one person says in one caption."""

    participant_id: str
    tokens: Sequence[Token]
    start_ms: int
    end_ms: int
    """after `start_ms`, by at most the longest a caption is shown"""
    crowded: bool = False
    """whether somebody else speaks during its sentence"""


@dataclass(frozen=True, slots=True)
class Span:
    """When a caption is shown, and how much there is to read."""

    start_ms: int
    end_ms: int
    columns: int
    lane: str = ""
    """captions of one lane never overlap for being short"""


def cut_sentence(
    sentence: Sentence, first: Widths, rest: Widths, rules: LineRules, carry: Callable[[str], str] = str
) -> list[Piece]:
    """A sentence as pieces, none of which is lost, in order of time.

    Args:
        sentence: empty text gives no piece.
        first: room in the first caption.
        rest: room in those after it.
        rules: how long a caption may be shown.
        carry: makes a word one the format can carry, without spaces.
    """
    longest = min(*first, *rest)
    words = [Token(carry(word.text), word.start_ms, word.end_ms) for word in time_words(sentence)]
    tokens = [part for token in words for part in _break_token(token, longest)]
    cues = cut_into_cues(tokens, first, rest, rules.max_ms) if tokens else ()
    return [_to_piece(sentence, cue, rules.max_ms) for cue in cues]


def in_time_order(pieces: Sequence[Piece]) -> list[Piece]:
    """By start; what starts together stays in reading order."""
    return sorted(pieces, key=lambda piece: piece.start_ms)


def linger(spans: Sequence[Span], rules: LineRules) -> list[int]:
    """When each caption goes: later than its speech where it takes longer to read and there is room.

    A caption too short to be seen may also stay while another lane's is shown.

    Args:
        spans: by start.
        rules: how long a caption is shown, and how fast it is read.

    Returns:
        The ends; each is after its start, by at most the longest a caption is shown.
    """
    starts = [span.start_ms for span in spans]
    following: dict[str, int] = {}
    ends: list[int] = []
    for index in range(len(spans) - 1, -1, -1):
        span = spans[index]
        seen = span.start_ms + rules.min_ms
        seen = min(seen, following.get(span.lane, seen))
        ends.append(max(seen, _read_by(span, starts, index, rules)))
        following[span.lane] = span.start_ms
    return ends[::-1]


def _read_by(span: Span, starts: Sequence[int], index: int, rules: LineRules) -> int:
    wanted = span.start_ms + min(span.columns * 1000 // rules.chars_per_s, rules.max_ms)
    following = bisect_left(starts, span.end_ms, lo=index + 1)
    limit = starts[following] if following < len(starts) else wanted
    return max(span.end_ms, min(wanted, limit))


def _break_token(token: Token, columns: int) -> list[Token]:
    if width(token.text) <= columns:
        return [token]
    parts = list(break_word(token.text, columns))
    step = (token.end_ms - token.start_ms) / len(parts)
    times = [token.start_ms + int(step * n) for n in range(len(parts) + 1)]
    return [Token(part, times[n], times[n + 1], joined=n > 0) for n, part in enumerate(parts)]


def _to_piece(sentence: Sentence, tokens: Sequence[Token], max_ms: int) -> Piece:
    start_ms = tokens[0].start_ms
    end_ms = min(max(token.end_ms for token in tokens), start_ms + max_ms)
    return Piece(sentence.participant_id, tokens, start_ms, max(end_ms, start_ms + 1))
