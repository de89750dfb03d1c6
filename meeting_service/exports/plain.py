"""Text as formats can carry it: one line, no control characters, and how wide it is."""

import re
import unicodedata
from collections.abc import Iterator

from meeting_service.transcript import Transcript

# Spaces that hold two words together are no place to break.
_BREAKS = re.compile(r"[^\S\u00a0\u2007\u202f]+")
_UNWANTED = {"Cc": " ", "Cs": "\ufffd", "Zl": " ", "Zp": " "}


def clean(text: str) -> str:
    """One line: control characters and line breaks become spaces, runs of spaces one."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = "".join(_UNWANTED.get(unicodedata.category(c), c) for c in text).replace("\ufeff", "")
    return " ".join(split_words(kept))


def split_words(text: str) -> list[str]:
    """The words between spaces that may break."""
    return [word for part in _BREAKS.split(text) if (word := part.strip())]


def meeting_title(transcript: Transcript) -> str:
    """A title that is one line and never empty."""
    return clean(transcript.meeting.title) or clean(transcript.meeting.id) or "Meeting"


def speaker_name(transcript: Transcript, participant_id: str) -> str:
    """A name that is one line and never empty."""
    return clean(transcript.name_of(participant_id)) or clean(participant_id) or "?"


def width(text: str) -> int:
    """Columns on the screen: two for wide characters, none for marks that sit on others."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def shorten(text: str, columns: int) -> str:
    """The text, or its beginning with an ellipsis, in so many columns."""
    if width(text) <= columns:
        return text
    return _head(text, columns - 1).rstrip() + "…"


def break_word(word: str, columns: int) -> Iterator[str]:
    """A word too long for a line, in pieces; never between a letter and its marks."""
    while width(word) > columns:
        head = _head(word, columns) or word[:1]
        yield head
        word = word[len(head) :]
    if word:
        yield word


def _head(text: str, columns: int) -> str:
    taken = 0
    for index, char in enumerate(text):
        taken += _char_width(char)
        if taken > columns:
            return text[:index]
    return text


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
