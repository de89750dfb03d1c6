"""Names and ids."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.errors import InvalidRequest
from meeting_service.ingest import (
    check_meeting_id,
    check_participant_id,
    clean_name,
    clean_note,
    clean_sentence,
    clean_title,
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann", "Ann"),
        ("  Ann \t Lee\r\n", "Ann Lee"),
        ("Ann\u2028Lee\x85Po", "Ann Lee Po"),
        ("\u202eAnn\u2066\x00\x1b[31m", "Ann[31m"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("<b>Ann</b> & Bob", "<b>Ann</b> & Bob"),
        ("李雷 🎤", "李雷 🎤"),
        ("نور\u200f", "نور\u200f"),
        ("x" * 80, "x" * 80),
    ],
)
def test_names_are_made_fit_to_show(name: str, shown: str) -> None:
    """Line breaks become spaces, invisible mischief goes, everything else stays, composed."""
    assert clean_name(name) == shown


@pytest.mark.parametrize("name", ["", " \n", "\u200b\u200b", "\u202e", "\u0301", "x" * 81, "\udcff\udcfe"])
def test_names_that_are_none(name: str) -> None:
    """Nothing visible, too long, or not valid UTF-8."""
    with pytest.raises(InvalidRequest):
        clean_name(name)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_a_cleaned_name_is_clean(name: str) -> None:
    """Cleaning twice changes nothing more, and what passes is one line of bounded length."""
    try:
        cleaned = clean_name(name)
    except InvalidRequest:
        return

    assert clean_name(cleaned) == cleaned
    assert 1 <= len(cleaned) <= 80
    assert len(cleaned.splitlines()) == 1


def test_titles_may_be_longer() -> None:
    """A title is cleaned like a name and may have 200 characters."""
    assert clean_title("Weekly\nsync") == "Weekly sync"
    assert clean_title("x" * 200) == "x" * 200
    with pytest.raises(InvalidRequest, match="title of 201"):
        clean_title("x" * 201)


@pytest.mark.parametrize("participant_id", ["ann", "a@b.org", "käthe 7", "...", "x" * 128])
def test_participant_ids_stay_as_they_are(participant_id: str) -> None:
    """The caller's own id is taken to the letter."""
    assert check_participant_id(participant_id) == participant_id


@pytest.mark.parametrize(
    "participant_id", ["", " ", ".", "..", "a/b", "a\nb", "a\x00", "\u202eb", "\ud800", "x" * 129]
)
def test_participant_ids_that_cannot_be(participant_id: str) -> None:
    """Nothing that breaks a path, a line or the direction of text."""
    with pytest.raises(InvalidRequest):
        check_participant_id(participant_id)


@pytest.mark.parametrize("meeting_id", ["m", "2026-11-21_weekly.1~b", "x" * 64])
def test_meeting_ids_stay_as_they_are(meeting_id: str) -> None:
    """What may stand in a path without quoting may be a meeting's id."""
    assert check_meeting_id(meeting_id) == meeting_id


@pytest.mark.parametrize("meeting_id", ["", ".", "..", "a b", "a/b", "ä", "a\n", "x" * 65])
def test_meeting_ids_that_cannot_be(meeting_id: str) -> None:
    """Everything else is refused."""
    with pytest.raises(InvalidRequest, match="1 to 64"):
        check_meeting_id(meeting_id)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One\r\n\ttwo\u2028three ", "One two three"),
        ("Cafe\u0301 \ufeff\u202eabc", "Café abc"),
        ("כן, Budget\u200f 👩\u200d🚀", "כן, Budget\u200f 👩\u200d🚀"),
        ("x" * 2_000, "x" * 2_000),
    ],
)
def test_corrections_are_one_line(text: str, kept: str) -> None:
    """Composed, without what turns text around; marks of direction and joined emoji stay."""
    assert kept == clean_sentence(text)


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "a\x00", "a\x9b", "a\x7f", "\udcff", "x" * 2_001])
def test_corrections_that_are_none(text: str) -> None:
    """Nothing visible, control characters, no Unicode, too long."""
    with pytest.raises(InvalidRequest):
        clean_sentence(text)


def test_notes_have_lines() -> None:
    """However a line ends; there may be none."""
    assert "One\n\ntwo three" == clean_note(" One \r\n\u2028two\tthree\r\n")
    assert "" == clean_note(" \r\n ")


@pytest.mark.parametrize("note", ["a\x00", "\udcff", "x" * 1_001])
def test_notes_that_are_none(note: str) -> None:
    """Control characters, no Unicode, too long."""
    with pytest.raises(InvalidRequest):
        clean_note(note)
