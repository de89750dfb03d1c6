"""Words and phrases: what counts as one, what was asked for, and where it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meeting_service.search import fold, list_terms, mark, matches, parse_query, text_to_words

TEXTS = st.text(st.sampled_from("aAéœ ßı'-\".*會議กำあ゙\u0301\u200d\u00ad½ﷺ한12\0😀")) | st.text(max_size=30)


def terms(text: str) -> list[str]:
    """The words of a text."""
    return [term.text for term in list_terms(text)]


def marked(text: str, typed: str) -> str:
    """The text with what was found in brackets."""
    parts = mark(text, parse_query(typed))
    return "".join(f"[{part.text}]" if part.match else part.text for part in parts)


@given(TEXTS)
def test_fold_is_stable(text: str) -> None:
    """Folding what is folded changes nothing, so both sides of a search agree."""
    assert fold(text) == fold(fold(text))


@given(st.text(st.characters(categories=["L", "N", "P", "Z"])))
def test_fold_forgets_case(text: str) -> None:
    """Whatever can be written in capitals and back is found either way."""
    assert fold(text.casefold()) == fold(text)


@given(TEXTS)
def test_words_are_words(text: str) -> None:
    """What the index takes is the same words again, none of them empty, none with a sign of ASCII in it."""
    words = text_to_words(text).split(" ")

    assert terms(" ".join(words)) == [word for word in words if word]
    assert not [word for word in words for char in word if char.isascii() and not char.isalnum()]


@given(TEXTS)
def test_terms_say_where_they_are(text: str) -> None:
    """In order, inside the text, and what they were there is the word again."""
    found = list_terms(text)

    assert all(0 <= term.start < term.end <= len(text) for term in found)
    assert [term.start for term in found] == sorted(term.start for term in found)
    assert all(term.text in terms(text[term.start : term.end]) for term in found)


@given(TEXTS, TEXTS)
def test_marks_are_the_text(text: str, typed: str) -> None:
    """Together the parts are the text; something is marked wherever all that was asked for is found."""
    phrases = parse_query(typed)
    parts = mark(text, phrases)

    assert text == "".join(part.text for part in parts)
    assert any(part.match for part in parts) or not matches(text, phrases)


@given(TEXTS)
def test_a_text_is_found_by_itself(text: str) -> None:
    """Whatever somebody copies out of a transcript."""
    assert matches(text, parse_query(text)) or not terms(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Grüße, Zoë!", ["grusse", "zoe"]),
        ("Łódź ı Ærø", ["lodz", "i", "aero"]),
        ("don't e-mail", ["don", "t", "e", "mail"]),
        ("会議は三時", ["会", "議", "は", "三", "時"]),
        ("iPhoneは", ["iphone", "は"]),
        ("ใครๆ", ["ใ", "ค", "ร", "ๆ"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("مُحَمَّد", ["محمد"]),
        ("co\u00adop می\u200cروم", ["coop", "میروم"]),
        ("½ ﬁ １２", ["1", "2", "fi", "12"]),
        ("😀 -- ' \0", []),
    ],
)
def test_what_is_a_word(text: str, words: list[str]) -> None:
    """Case, accents, width and signs do not matter; scripts without spaces are taken letter by letter."""
    assert terms(text) == words


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("friday", "We ship on [Friday], Zoë. Not on [Fridays]."),
        ("fri", "We ship on [Friday], Zoë. Not on [Fridays]."),
        ("friday zoe", "We ship on [Friday], [Zoë]. Not on Fridays."),
        ('"friday"', "We ship on [Friday], Zoë. Not on Fridays."),
        ('"ON FRIDAY"', "We ship [on Friday], Zoë. Not on Fridays."),
        ("“ship on” not", "We [ship on] Friday, Zoë. [Not] on Fridays."),
        ("w", "We ship on Friday, Zoë. Not on Fridays."),
        ('not "on fri', "We ship [on Friday], Zoë. [Not] [on Fridays]."),
        ("AND OR NOT", "We ship on Friday, Zoë. [Not] on Fridays."),
        ("", "We ship on Friday, Zoë. Not on Fridays."),
    ],
)
def test_what_is_asked_for(typed: str, shown: str) -> None:
    """Words in any order, the last perhaps unfinished; in quotation marks as they stand, an open one too."""
    assert shown == marked("We ship on Friday, Zoë. Not on Fridays.", typed)


def test_a_run_without_spaces_is_found_by_any_part() -> None:
    """As is a word with a sign in it."""
    assert marked("明日の会議室", "会議") == "明日の[会議]室"
    assert marked("an e‑mail", "e-mai") == "an [e‑mail]"
