"""Numbers that are asked for: how large they may be."""

from meeting_service.errors import NotFound

MAX_DIGITS = 15
"""of any number: event numbers, and with them ids of bookmarks, have 13 once a backup was restored"""
MAX_OFFSET_MS = 10**12
"""of a meeting"""


def text_to_number(text: str, what: str) -> int:
    """A number of a path or a query.

    Args:
        text: as somebody wrote it.
        what: the words for it.

    Raises:
        NotFound: it is none.
    """
    if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS:
        return int(text)
    raise NotFound(f"{text!r} is not {what}")
