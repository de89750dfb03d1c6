"""What people and bots may call themselves and their meetings, and what they may write into them."""

import re
import unicodedata

from meeting_service.errors import InvalidRequest

MAX_NAME_CHARS = 80
MAX_TITLE_CHARS = 200
MAX_PARTICIPANT_ID_CHARS = 128
MAX_MEETING_ID_CHARS = 64
MAX_SENTENCE_CHARS = 2_000
MAX_NOTE_CHARS = 1_000

_MEETING_ID = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_LINE_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_NEW_LINE = re.compile(r"\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_CHARACTERS = {"Cc", "Cs", "Zl", "Zp"}


def clean_name(name: str) -> str:
    """A person's name fit to be shown: NFC, one line, no control or direction-override characters.

    Raises:
        InvalidRequest: it is not valid Unicode, nothing visible is left, or it is too long.
    """
    return _clean(name, "name", MAX_NAME_CHARS)


def clean_title(title: str) -> str:
    """A meeting's title, as `clean_name`."""
    return _clean(title, "title", MAX_TITLE_CHARS)


def clean_sentence(text: str) -> str:
    """What somebody writes for a sentence: as `clean_name`, but what would not be shown is refused.

    Raises:
        InvalidRequest: as `clean_name`, or there are control characters in it.
    """
    _check_controls(text, "text")
    return _clean(text.replace("\ufeff", ""), "text", MAX_SENTENCE_CHARS)


def clean_note(note: str) -> str:
    """A note, possibly empty or of several lines, each of them as a sentence.

    Raises:
        InvalidRequest: as `clean_sentence`.
    """
    _check_unicode(note, "note")
    _check_controls(note, "note")
    lines = [_tidy(line.replace("\ufeff", "")) for line in _NEW_LINE.split(note)]
    cleaned = "\n".join(lines).strip()
    if len(cleaned) > MAX_NOTE_CHARS:
        raise InvalidRequest(f"a note of {len(cleaned)} characters is over {MAX_NOTE_CHARS}")
    return cleaned


def check_participant_id(participant_id: str) -> str:
    """The caller's own id of a participant, unchanged.

    Raises:
        InvalidRequest: it cannot be one.
    """
    _check_unicode(participant_id, "participant id")
    if not 1 <= len(participant_id) <= MAX_PARTICIPANT_ID_CHARS:
        raise InvalidRequest(f"a participant id has 1 to {MAX_PARTICIPANT_ID_CHARS} characters")
    if any(char == "/" or _is_unfit(char) for char in participant_id):
        raise InvalidRequest("a participant id has no slashes, line breaks or control characters")
    if participant_id in (".", "..") or not _is_visible(participant_id):
        raise InvalidRequest("a participant id needs at least one visible character, and more than dots")
    return participant_id


def check_meeting_id(meeting_id: str) -> str:
    """The caller's own id of a meeting, unchanged.

    Raises:
        InvalidRequest: it cannot be one.
    """
    if not _MEETING_ID.fullmatch(meeting_id) or meeting_id in (".", ".."):
        raise InvalidRequest(
            f"a meeting id has 1 to {MAX_MEETING_ID_CHARS} letters, digits or . _ ~ -, and not only dots"
        )
    return meeting_id


def _clean(text: str, what: str, max_chars: int) -> str:
    _check_unicode(text, what)
    cleaned = _tidy(text)
    if not _is_visible(cleaned):
        raise InvalidRequest(f"a {what} needs at least one visible character")
    if len(cleaned) > max_chars:
        raise InvalidRequest(f"a {what} of {len(cleaned)} characters is over {max_chars}")
    return cleaned


def _tidy(text: str) -> str:
    one_line = _LINE_BREAKS.sub(" ", text)
    kept = "".join(char for char in one_line if not _is_unfit(char))
    return unicodedata.normalize("NFC", re.sub(r" {2,}", " ", kept).strip())


def _check_controls(text: str, what: str) -> None:
    found = next((c for c in _LINE_BREAKS.sub("", text) if unicodedata.category(c) == "Cc"), None)
    if found is not None:
        raise InvalidRequest(f"the {what} has a control character, U+{ord(found):04X}")


def _check_unicode(text: str, what: str) -> None:
    if any(unicodedata.category(char) == "Cs" for char in text):
        raise InvalidRequest(f"the {what} is not valid UTF-8")


def _is_unfit(char: str) -> bool:
    return char in _BIDI_CONTROLS or unicodedata.category(char) in _NO_CHARACTERS


def _is_visible(text: str) -> bool:
    return any(unicodedata.category(char)[0] not in "CZM" for char in text)
