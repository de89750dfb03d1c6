"""Text to read."""

from meeting_service.exports import ExportOptions
from meeting_service.exports.txt import write_txt
from tests.exports.meetings import EMPTY, MARKUP, PLAIN


def test_minutes_read_like_a_conversation() -> None:
    """A head, then turns: sentences of one speaker joined, gaps where they were."""
    lines = write_txt(PLAIN).splitlines()

    assert ["Weekly", "2026-03-04 09:00 UTC, 00:01:00 long", "Participants: Ann, Bob", ""] == lines[:4]
    assert lines[4].startswith("[00:00:01] Ann: Good morning")
    assert lines[4].endswith("second quarter. Is that all right?")
    assert [
        "[00:00:14] Bob: Yes.",
        "[00:00:16] [no audio from Bob, 3.2 s]",
        "[00:00:21] Ann: Then let us begin.",
    ] == lines[5:]


def test_times_can_be_left_out() -> None:
    """The option removes every time, and nothing else."""
    assert write_txt(PLAIN, ExportOptions(times=False)).splitlines()[5] == "Bob: Yes."


def test_lines_can_be_limited() -> None:
    """Long turns go on in further lines, set in."""
    lines = write_txt(PLAIN, ExportOptions(line_chars=60)).splitlines()

    assert max(map(len, lines)) <= 60
    assert lines[5].startswith("  ")


def test_every_turn_is_one_line() -> None:
    """Line breaks in text and names cannot forge a turn."""
    assert len(write_txt(MARKUP).splitlines()) == 4 + 3


def test_empty_meeting_has_a_head() -> None:
    """Without a title the id serves."""
    assert write_txt(EMPTY) == "m1\n2026-03-04 09:00 UTC, 00:00:00 long\n\n"
