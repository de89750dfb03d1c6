"""
Byte-pair encoding with the 256 pieces of `pieces.txt`, whose order is the order of the merges.

The list comes from SentencePiece, trained once on sentences of an earlier grammar, and stays as it is so that
weights of one training can start the next.  A word is its letters behind "▁", which stands for the space.
"""

from functools import cache
from itertools import pairwise
from pathlib import Path

PIECES: tuple[str, ...] = tuple(
    (Path(__file__).parent / "pieces.txt").read_text(encoding="utf-8").splitlines()
)
_RANKS = {piece: rank for rank, piece in enumerate(PIECES)}
_UNKNOWN = 0
BLANK = len(PIECES)
"""The token that stands for "nothing new", one behind the last piece."""


@cache
def _word_pieces(word: str) -> tuple[str, ...]:
    parts = list("▁" + word)
    while True:
        pairs = [(_RANKS.get(a + b, BLANK), at) for at, (a, b) in enumerate(pairwise(parts))]
        rank, at = min(pairs, default=(BLANK, 0))
        if rank == BLANK:
            return tuple(parts)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


def pieces(text: str) -> list[str]:
    """The pieces of a text; joined they are the text with "▁" before every word."""
    return [piece for word in text.split() for piece in _word_pieces(word)]


def encode(text: str) -> list[int]:
    """The tokens of a text."""
    return [_RANKS.get(piece, _UNKNOWN) for piece in pieces(text)]


def decode(tokens: list[int]) -> str:
    """The text of tokens."""
    return "".join(PIECES[token] for token in tokens).replace("▁", " ").strip()
