"""Bookmarks as chapters."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from meeting_service.exports import ExportOptions, make_download
from meeting_service.exports.chapters import write_chapters
from meeting_service.transcript import Bookmark
from tests.exports.meetings import PLAIN

AT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
MARKED = replace(
    PLAIN,
    bookmarks=[
        Bookmark(5, 14_500, "Decision:\nwe go", AT),
        Bookmark(4, 1_200, "", AT),
        Bookmark(6, 14_500, "<b>Budget</b>", AT),
    ],
)


def test_marks_are_chapters() -> None:
    """By time, one for each moment; a mark without a note is called by its time."""
    told = json.loads(write_chapters(MARKED))

    assert ("1.2.0", "Weekly") == (told["version"], told["title"])
    assert [
        {"startTime": 1.2, "title": "00:00:01"},
        {"startTime": 14.5, "title": "Decision: we go; <b>Budget</b>"},
    ] == told["chapters"]


def test_a_span_has_its_own_marks() -> None:
    """As it has its own sentences."""
    made = make_download(MARKED, "chapters", ExportOptions(from_ms=2_000))

    assert [14.5] == [chapter["startTime"] for chapter in json.loads(made.content)["chapters"]]
