"""Searching: what counts as a word, what a person asks for, where it is in a text. Pure.

Words are compared without case, accents and width. Scripts that put no spaces between words are taken letter
by letter, so that any part of a run is found. Nothing that is typed is an operator but quotation marks.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

MAX_QUERY_CHARS = 500
MIN_PREFIX_CHARS = 2
"""a shorter beginning would find nearly everything"""

_QUOTES = dict.fromkeys(map(ord, "“”„‟«»「」『』＂"), '"')
_PLAIN = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "ʼ": "'"})
_ACCENTS = (
    *((0x0300, 0x036F), (0x0591, 0x05C7), (0x0640, 0x0640), (0x064B, 0x065F), (0x0670, 0x0670)),
    *((0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F)),
)
_UNSPACED = (
    *((0x0E00, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF)),
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF)),
)
"""Thai, Lao, Tibetan, Burmese, Khmer, kana, Chinese characters"""


@dataclass(frozen=True, slots=True)
class Term:
    """A word as it is compared, and the characters of the text that it was."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that are to follow each other."""

    folded: str
    """as typed, folded: what titles are searched for"""
    terms: Sequence[str]
    """empty where nothing typed is part of a word"""
    begun: bool
    """whether the last word may go on: it may still be being typed"""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text that was searched."""

    text: str
    match: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and where."""

    phrases: Sequence[Phrase] = ()
    """all of them are in one sentence; none: every meeting"""
    speaker: str | None = None
    """words of a name, or a participant's id"""
    since: datetime | None = None
    """meetings that start then or later"""
    until: datetime | None = None
    """meetings that start before"""
    names: Sequence[str] | None = None
    """that the speaker's words mean; None: nobody has looked yet"""


EVERYTHING = Search()


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence that was found, as it is shown now."""

    meeting_id: str
    title: str
    started_at: datetime
    """of the meeting, UTC"""
    sentence_id: str
    participant_id: str
    participant: str
    """display name"""
    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class HitPage:
    """Some hits: newest meeting first, in the order of what was said within one."""

    hits: Sequence[Hit]
    next_cursor: str | None
    """asks for the next page; None on the last one"""


@dataclass(frozen=True, slots=True)
class Found:
    """What is found in one meeting."""

    count: int
    """of those that were counted"""
    more: bool
    """whether there are more than were counted"""
    hits: Sequence[Hit]
    """the first few"""


@lru_cache(maxsize=4096)
def fold_char(char: str) -> str:
    """A character without case, accent, width and stroke: none, one, or several."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(c for c in decomposed.translate(_PLAIN) if not _within(c, _ACCENTS))


def fold(text: str) -> str:
    """A text as it is compared as a whole, with single spaces."""
    return " ".join("".join(map(fold_char, text.replace("\0", " "))).split())


def list_terms(text: str) -> list[Term]:
    """The words of a text, in order."""
    terms: list[Term] = []
    word, start, end = "", 0, 0
    for at, char in enumerate(text):
        for folded in fold_char(char):
            kind = _kind(folded)
            if kind == "joiner":
                continue
            if word and (kind == "other" or (kind != "mark" and "alone" in (kind, _kind(word[0])))):
                terms.append(Term(word, start, end))
                word = ""
            if kind != "other":
                start, end = start if word else at, at + 1
                word += folded
    return [*terms, Term(word, start, end)] if word else terms


def text_to_words(text: str) -> str:
    """The words of a text, with spaces between them, as the index takes them."""
    return " ".join(term.text for term in list_terms(text))


def parse_query(typed: str) -> tuple[Phrase, ...]:
    """What a person asks for: every word, and what is in quotation marks as it stands there."""
    phrases: dict[Phrase, None] = {}
    pieces = typed.translate(_QUOTES).split('"')
    for number, piece in enumerate(pieces):
        quoted = number % 2 == 1
        typed_last = number == len(pieces) - 1
        words = [piece] if quoted else piece.split()
        for at, word in enumerate(words):
            phrases[_to_phrase(word, begun=typed_last and at == len(words) - 1)] = None
    return tuple(phrase for phrase in phrases if phrase.folded)


def mark(text: str, phrases: Sequence[Phrase]) -> list[Part]:
    """The text in pieces, with those that were looked for marked."""
    parts: list[Part] = []
    done = 0
    for start, end in _spans(text, phrases):
        parts += [Part(text[done:start], match=False), Part(text[start:end], match=True)]
        done = end
    return [part for part in (*parts, Part(text[done:], match=False)) if part.text]


def matches(text: str, phrases: Sequence[Phrase]) -> bool:
    """Whether every phrase that has words is in the text, and there is one."""
    terms = list_terms(text)
    wanted = [phrase for phrase in phrases if phrase.terms]
    return bool(wanted) and all(any(_find(terms, phrase)) for phrase in wanted)


def _to_phrase(word: str, *, begun: bool) -> Phrase:
    terms = tuple(term.text for term in list_terms(word))
    long_enough = bool(terms) and len(terms[-1]) >= MIN_PREFIX_CHARS
    return Phrase(fold(word), terms, begun and long_enough)


def _spans(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    terms = list_terms(text)
    found = sorted(span for phrase in phrases if phrase.terms for span in _find(terms, phrase))
    spans: list[tuple[int, int]] = []
    for start, end in found:
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _find(terms: Sequence[Term], phrase: Phrase) -> Iterator[tuple[int, int]]:
    *head, last = phrase.terms
    for at in range(len(terms) - len(head)):
        end = terms[at + len(head)]
        is_last = end.text.startswith(last) if phrase.begun else end.text == last
        if is_last and all(terms[at + n].text == wanted for n, wanted in enumerate(head)):
            yield terms[at].start, end.end


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    """`letter`, `alone` (a word by itself), `mark` (of what is before), `joiner` (nothing) or `other`."""
    category = unicodedata.category(char)
    if category == "Cf":
        return "joiner"
    if category[0] == "M":
        return "mark"
    if category[0] not in "LN":
        return "other"
    return "alone" if _within(char, _UNSPACED) else "letter"


def _within(char: str, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(first <= ord(char) <= last for first, last in ranges)
