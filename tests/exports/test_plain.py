"""Text as formats can carry it."""

import pytest

from meeting_service.exports.plain import break_word, clean, shorten, width


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\nb\tc", "a b c"),
        ("  a  b ", "a b"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("\ufeffa\x00b", "a b"),
        ("50\u00a0% of it", "50\u00a0% of it"),
        ("\u00a0", ""),
        ("a\u00a0 b\u00a0", "a b"),
        ("\ud800", "\ufffd"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    """One line without control characters; spaces that hold words together stay."""
    assert cleaned == clean(text)
    assert cleaned == clean(clean(text))


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("e\u0301", 1), ("会議", 4), ("\u200d", 0), ("", 0)]
)
def test_width(text: str, columns: int) -> None:
    """Columns as a screen shows them."""
    assert columns == width(text)


def test_long_words_break_between_letters() -> None:
    """Never between a letter and its mark, and never without end."""
    assert ["ab", "cd", "e"] == list(break_word("abcde", 2))
    assert ["e\u0301e\u0301", "e\u0301"] == list(break_word("e\u0301" * 3, 2))
    assert ["会", "議"] == list(break_word("会議", 1))


def test_shorten() -> None:
    """A text that does not fit ends with an ellipsis."""
    assert shorten("Christopher", 11) == "Christopher"
    assert shorten("Christopher von", 13) == "Christopher…"
    assert shorten("会議室", 4) == "会…"
