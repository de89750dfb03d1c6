"""The words of a corrected sentence, each with a time: captions are cut by them, and pages follow them.

What is in both texts keeps the time at which it was heard; what is new takes that of what it stands for,
or the room that is there. Pure: the same two texts always give the same words.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from meeting_service.transcript import Word

ROOM_MS = 80
"""what a word that was not heard needs: nothing that is heard is known to be shorter"""
CERTAIN = 1.0
"""of what a person wrote"""

# Spaces that hold two words together do not part them, as in captions.
_BREAKS = re.compile(r"[^\S\u00a0\u2007\u202f]+")


@dataclass(frozen=True, slots=True)
class _Block:
    """Words of the new text and those of the old one they stand for, by number; the ends are not in it."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int

    @property
    def new_count(self) -> int:
        return self.new_end - self.new_start

    @property
    def is_even(self) -> bool:
        return self.old_end - self.old_start == self.new_count


def split_text(text: str) -> list[str]:
    """The words of a text, between spaces that may break."""
    return [word for part in _BREAKS.split(text) if (word := part.strip())]


def retime_words(heard: Sequence[Word], text: str, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """The words of a text that somebody wrote for what was heard.

    Case and punctuation do not make another word. Times never go back, and stay within the sentence.

    Args:
        heard: the words as they were recognised, by time; possibly none.
        text: what they are to be.
        start_ms: when the sentence begins.
        end_ms: and when it ends.
    """
    texts = split_text(text)
    blocks = _align([_fold(word.text) for word in heard], [_fold(word) for word in texts])
    edges = _Edges(heard, start_ms, end_ms)
    words: list[Word] = []
    for block in _make_room(blocks, edges):
        words += _retime(block, heard, texts, edges)
    return tuple(_in_order(words, start_ms, end_ms))


class _Edges:
    """Where the room of words begins and ends."""

    def __init__(self, heard: Sequence[Word], start_ms: int, end_ms: int) -> None:
        self._heard = heard
        self._start_ms, self._end_ms = start_ms, end_ms

    def room(self, block: _Block) -> tuple[int, int]:
        """From where the word before ends, or the block's own first begins, to where what follows begins."""
        if block.old_end > block.old_start:
            own = self._heard[block.old_start : block.old_end]
            return own[0].start_ms, max(word.end_ms for word in own)
        before = self._heard[block.old_start - 1].end_ms if block.old_start else self._start_ms
        after = self._heard[block.old_end].start_ms if block.old_end < len(self._heard) else self._end_ms
        return before, max(before, after)

    def is_tight(self, block: _Block) -> bool:
        start, end = self.room(block)
        return end - start < ROOM_MS * block.new_count


def _align(old: Sequence[str], new: Sequence[str]) -> list[_Block]:
    """Blocks that cover both texts in order; where as many words stand for as many, one for each."""
    start = _count_same(old, new)
    end = _count_same(old[start:][::-1], new[start:][::-1])
    spans = [(0, start, 0, start)]
    matcher = SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False)
    spans += [(a + start, b + start, c + start, d + start) for _, a, b, c, d in matcher.get_opcodes()]
    spans.append((len(old) - end, len(old), len(new) - end, len(new)))
    blocks = [_Block(*span) for span in spans]
    return [part for whole in blocks for part in (_one_by_one(whole) if whole.is_even else [whole])]


def _count_same(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((n for n, (one, other) in pairs if one != other), min(len(old), len(new)))


def _one_by_one(block: _Block) -> Iterator[_Block]:
    for n in range(block.new_count):
        yield _Block(
            block.old_start + n, block.old_start + n + 1, block.new_start + n, block.new_start + n + 1
        )


def _make_room(blocks: Sequence[_Block], edges: _Edges) -> list[_Block]:
    """Where new words have no room, they share that of the word before, then of the one after, and so on."""
    made: list[_Block] = []
    rest = list(reversed(blocks))
    while rest:
        block = rest.pop()
        backwards = True
        while _is_new(block) and edges.is_tight(block) and (made or rest):
            before = bool(made) and (backwards or not rest)
            block = _join(made.pop(), block) if before else _join(block, rest.pop())
            backwards = not backwards
        made.append(block)
    return made


def _is_new(block: _Block) -> bool:
    """Whether it has words that need room: not just one for one that was heard."""
    return block.new_count > 0 and not (block.is_even and block.new_count == 1)


def _join(first: _Block, second: _Block) -> _Block:
    return _Block(first.old_start, second.old_end, first.new_start, second.new_end)


def _retime(block: _Block, heard: Sequence[Word], texts: Sequence[str], edges: _Edges) -> list[Word]:
    new = texts[block.new_start : block.new_end]
    own = heard[block.old_start : block.old_end]
    if len(new) == len(own) == 1:
        certain = own[0].confidence if _fold(own[0].text) == _fold(new[0]) else CERTAIN
        return [Word(new[0], own[0].start_ms, own[0].end_ms, certain)]
    confidence = {_fold(word.text): word.confidence for word in own}
    start, end = edges.room(block)
    total = sum(len(text) + 1 for text in new)
    at = [0]
    for text in new:
        at.append(at[-1] + len(text) + 1)
    times = pairwise(start + (end - start) * part // max(total, 1) for part in at)
    return [
        Word(text, since, until, confidence.get(_fold(text), CERTAIN))
        for text, (since, until) in zip(new, times, strict=True)
    ]


def _in_order(words: Sequence[Word], start_ms: int, end_ms: int) -> Iterator[Word]:
    latest = start_ms
    for word in words:
        latest = max(latest, min(word.start_ms, end_ms))
        yield Word(word.text, latest, max(latest, min(word.end_ms, end_ms)), word.confidence)


def _fold(word: str) -> str:
    """A word as far as it can be heard; one of punctuation alone is itself."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    heard = "".join(char for char in folded if unicodedata.category(char)[0] not in "PZ")
    return heard or folded
