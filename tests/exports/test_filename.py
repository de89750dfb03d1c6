"""Names of files: safe on every system and in a header."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meeting_service.exports import content_disposition, title_to_filename


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Weekly planning", "Weekly planning.srt"),
        ("Größe 会議", "Größe 会議.srt"),
        ("../../etc/passwd", "-..-etc-passwd.srt"),
        ('a/b\\c:d*e?f"g<h>i|j%k', "a-b-c-d-e-f-g-h-i-j-k.srt"),
        ("line\r\nbreak\x00\x07", "line break.srt"),
        ("evil\u202egpj.exe", "evilgpj.exe.srt"),
        (".hidden", "hidden.srt"),
        ("dots...", "dots.srt"),
        ("con", "transcript con.srt"),
        ("LPT1.txt", "transcript LPT1.txt.srt"),
        ("", "transcript.srt"),
        (" \u200b. ", "transcript.srt"),
        ("e\u0301", "é.srt"),
    ],
)
def test_title_becomes_a_name(title: str, name: str) -> None:
    """What no system would take, or could misread, is replaced or left out."""
    assert name == title_to_filename(title, "srt")


@pytest.mark.parametrize("title", ["Weekly", "W" * 300, "会" * 300, ""])
def test_whose_file_it_is_stays(title: str) -> None:
    """However long the title, two people's files are told apart."""
    names = {whose: title_to_filename(title, "srt", whose) for whose in ("Ann", "Ben / \u202ex")}

    assert names["Ann"].endswith(" - Ann.srt")
    assert names["Ben / \u202ex"].endswith(" - Ben - x.srt")
    assert all(len(name.encode()) <= 160 for name in names.values())


@given(st.text(), st.none() | st.text())
def test_any_title_is_safe(title: str, whose: str | None) -> None:
    """No path, no control character, nothing reserved, never too long."""
    name = title_to_filename(title, "srt", whose)

    assert not re.search(r'[\x00-\x1f\x7f/\\<>:"|?*%]', name)
    assert not name.startswith((".", " "))
    assert name.endswith(".srt")
    assert 5 <= len(name.encode()) <= 170


@given(st.text())
def test_header_is_one_line_and_says_the_name(title: str) -> None:
    """RFC 6266: a plain name for the old, the full one by RFC 8187 for the rest."""
    value = content_disposition(title, "vtt")

    match = re.fullmatch(
        r'attachment; filename="([A-Za-z0-9 ._()+-]+)\.vtt"; '
        r"filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+",
        value,
    )
    assert match is not None
    assert title_to_filename(title, "vtt") == unquote(value.split("''")[1])


def test_plain_name_is_close() -> None:
    """Accents go, letters stay; a title without any Latin letter is called a transcript."""
    assert 'filename="Resume_ a la carte.srt"' in content_disposition("Résumé, à la carte", "srt")
    assert 'filename="transcript.srt"' in content_disposition("会議", "srt")
