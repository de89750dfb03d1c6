"""Words out of tokens: a leading space starts a word, punctuation joins the word before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from meeting_service.recognition import ENCODER_FRAME_SAMPLES, Token

MIN_WORD_SAMPLES = ENCODER_FRAME_SAMPLES
"""one column of the encoder's output: nothing is known to be shorter"""

_CLOSING = frozenset(".,!?;:…%)]}»”’\"'、。，！？；：）」』")
_WIDE_ENDS = ("。", "！", "？")


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word and the tokens it is made of, in samples of the stream."""

    text: str
    start: int
    end: int
    confidence: float
    """of its least certain letters; punctuation does not count"""
    token_count: int


def tokens_to_words(tokens: Sequence[Token]) -> list[TimedWord]:
    """Join tokens into words; the token counts add up to `len(tokens)`.

    A word ends where its last letters end by the model, not after the next word's start, and lasts
    at least one encoder frame.
    """
    groups: list[list[Token]] = []
    for token in tokens:
        if not groups or _starts_word(token, groups[-1]):
            groups.append([])
        groups[-1].append(token)
    starts = [group[0].start for group in groups]
    return [_word(group, following) for group, following in zip(groups, [*starts[1:], None], strict=False)]


def drop_leading_marks(tokens: Sequence[Token]) -> list[Token]:
    """What is left from the first token with letters on: a sentence does not begin with a full stop."""
    first = next((i for i, token in enumerate(tokens) if _has_letters(token)), len(tokens))
    return list(tokens[first:])


def drop_closing_marks(text: str) -> str:
    """What is left up to the last character that does not only close what came before."""
    return text.rstrip("".join(_CLOSING))


def is_punctuation(text: str) -> bool:
    """Whether `text` only closes what came before."""
    return bool(text) and all(character in _CLOSING for character in text)


def _starts_word(token: Token, word: Sequence[Token]) -> bool:
    if is_punctuation(token.text.strip()):
        return False
    if not any(part.text.strip() for part in word):
        return False
    return token.text[:1].isspace() or word[-1].text.endswith(_WIDE_ENDS)


def _word(tokens: Sequence[Token], following: int | None) -> TimedWord:
    letters = [token for token in tokens if _has_letters(token)] or tokens
    start = letters[0].start
    end = max(token.end for token in letters)
    if following is not None:
        end = min(end, following)
    return TimedWord(
        text="".join("".join(token.text for token in tokens).split()),
        start=start,
        end=max(end, start + MIN_WORD_SAMPLES),
        confidence=min(token.confidence for token in letters),
        token_count=len(tokens),
    )


def _has_letters(token: Token) -> bool:
    text = token.text.strip()
    return bool(text) and not is_punctuation(text)
