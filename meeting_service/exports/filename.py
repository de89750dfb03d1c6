"""Names of files made from titles: safe on every system, and safe in a header."""

import re
import unicodedata
from urllib.parse import quote

_MAX_BYTES = 150
_MAX_WHOSE_BYTES = 70
_FALLBACK = "transcript"
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*%]+')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|clock\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")
_NOT_ASCII = re.compile(r"[^A-Za-z0-9 ._()+-]+")
# RFC 8187 attr-char, besides letters and digits.
_UNQUOTED = "!#$&+-.^_`|~"


def title_to_filename(title: str, extension: str, whose: str | None = None) -> str:
    """A file name that says the title; never a path, hidden, reserved, empty or too long.

    Args:
        title: of the meeting.
        extension: without the dot in front.
        whose: the name of the only participant in the file, which the name ends with.
    """
    name = _clean(whose or "", _MAX_WHOSE_BYTES)
    tail = f" - {name}" if name else ""
    stem = _tidy((_clean(title, _MAX_BYTES - len(tail.encode())) or _FALLBACK) + tail)
    if _RESERVED.fullmatch(stem):
        stem = f"{_FALLBACK} {stem}"
    return f"{stem}.{extension}"


def content_disposition(title: str, extension: str, whose: str | None = None) -> str:
    """The header's value for a download: RFC 6266, with the full name as RFC 8187 writes it."""
    name = title_to_filename(title, extension, whose)
    plain = unicodedata.normalize("NFKD", name.removesuffix(f".{extension}"))
    stem = _tidy(_NOT_ASCII.sub("_", "".join(c for c in plain if not unicodedata.combining(c)))).strip("_ ")
    encoded = quote(name, safe=_UNQUOTED)
    return f"attachment; filename=\"{stem or _FALLBACK}.{extension}\"; filename*=UTF-8''{encoded}"


def _clean(text: str, most_bytes: int) -> str:
    spaced = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", text))
    visible = "".join(c for c in spaced if unicodedata.category(c)[0] != "C")
    return _tidy(_cut(_tidy(_NOT_IN_NAMES.sub("-", visible)), most_bytes))


def _tidy(text: str) -> str:
    return " ".join(text.split()).strip(". ")


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")
