"""From sentences to captions: pieces short enough to read, each with its time."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from meeting_service.exports.breaks import Token, Widths, cut_into_cues
from meeting_service.exports.plain import break_word, clean, split_words, width
from meeting_service.transcript import Sentence

MIN_CUE_MS = 833
"""what the eye needs: five sixths of a second"""
MAX_CUE_MS = 7_000
READING_CHARS_PER_S = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """What one person says in one caption."""

    participant_id: str
    tokens: Sequence[Token]
    start_ms: int
    end_ms: int
    """after `start_ms`, by at most 7 s"""
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
    sentence: Sentence, first: Widths, rest: Widths, carry: Callable[[str], str] = str
) -> list[Piece]:
    """A sentence as pieces, none of which is lost, in order of time.

    Args:
        sentence: empty text gives no piece.
        first: room in the first caption.
        rest: room in those after it.
        carry: makes a word one the format can carry, without spaces.
    """
    longest = min(*first, *rest)
    tokens = [part for token in _time_words(sentence, carry) for part in _break_token(token, longest)]
    return [
        _to_piece(sentence, cue) for cue in (cut_into_cues(tokens, first, rest, MAX_CUE_MS) if tokens else ())
    ]


def in_time_order(pieces: Sequence[Piece]) -> list[Piece]:
    """By start; what starts together stays in reading order."""
    return sorted(pieces, key=lambda piece: piece.start_ms)


def linger(spans: Sequence[Span]) -> list[int]:
    """When each caption goes: later than its speech where it takes longer to read and there is room.

    A caption too short to be seen may also stay while another lane's is shown.

    Args:
        spans: by start.

    Returns:
        The ends; each is after its start, by at most 7 s.
    """
    starts = [span.start_ms for span in spans]
    following: dict[str, int] = {}
    ends: list[int] = []
    for index in range(len(spans) - 1, -1, -1):
        span = spans[index]
        seen = min(span.start_ms + MIN_CUE_MS, following.get(span.lane, span.start_ms + MIN_CUE_MS))
        ends.append(max(seen, _read_by(span, starts, index)))
        following[span.lane] = span.start_ms
    return ends[::-1]


def _read_by(span: Span, starts: Sequence[int], index: int) -> int:
    wanted = span.start_ms + min(span.columns * 1000 // READING_CHARS_PER_S, MAX_CUE_MS)
    following = bisect_left(starts, span.end_ms, lo=index + 1)
    limit = starts[following] if following < len(starts) else wanted
    return max(span.end_ms, min(wanted, limit))


def _time_words(sentence: Sentence, carry: Callable[[str], str]) -> list[Token]:
    """Words with times that never go back, never before the meeting, never past the sentence."""
    words = split_words(clean(sentence.text))
    if words == [clean(word.text) for word in sentence.words]:
        times = [(word.start_ms, word.end_ms) for word in sentence.words]
    else:
        times = _spread(words, sentence)
    tokens: list[Token] = []
    latest = 0
    for word, (start_ms, end_ms) in zip(words, times, strict=True):
        latest = max(latest, min(start_ms, sentence.end_ms))
        tokens.append(Token(carry(word), latest, max(latest, min(end_ms, sentence.end_ms))))
    return tokens


def _spread(words: Sequence[str], sentence: Sentence) -> list[tuple[int, int]]:
    """Times of words that are not known, for example after a correction, by their length."""
    edges = [0]
    for word in words:
        edges.append(edges[-1] + len(word) + 1)
    span = sentence.end_ms - sentence.start_ms
    return list(pairwise(sentence.start_ms + span * edge // max(edges[-1], 1) for edge in edges))


def _break_token(token: Token, columns: int) -> list[Token]:
    if width(token.text) <= columns:
        return [token]
    parts = list(break_word(token.text, columns))
    step = (token.end_ms - token.start_ms) / len(parts)
    times = [token.start_ms + int(step * n) for n in range(len(parts) + 1)]
    return [Token(part, times[n], times[n + 1], joined=n > 0) for n, part in enumerate(parts)]


def _to_piece(sentence: Sentence, tokens: Sequence[Token]) -> Piece:
    start_ms = tokens[0].start_ms
    end_ms = min(max(token.end_ms for token in tokens), start_ms + MAX_CUE_MS)
    return Piece(sentence.participant_id, tokens, start_ms, max(end_ms, start_ms + 1))
