"""Bookmarks as the chapters of a recording: the JSON of Podcasting 2.0, which players of podcasts read."""

import json

from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.plain import clean, meeting_title
from meeting_service.exports.timestamps import whole_time
from meeting_service.transcript import Bookmark, Transcript


def write_chapters(transcript: Transcript, _options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """Version 1.2.0: `startTime` in seconds and `title`; marks of one moment are one chapter."""
    moments: dict[int, list[Bookmark]] = {}
    for mark in sorted(transcript.bookmarks, key=lambda mark: (mark.at_ms, mark.id)):
        moments.setdefault(mark.at_ms, []).append(mark)
    chapters = [{"startTime": at_ms / 1000, "title": _title(marks)} for at_ms, marks in moments.items()]
    document = {"version": "1.2.0", "title": meeting_title(transcript), "chapters": chapters}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _title(marks: list[Bookmark]) -> str:
    """The notes; a mark without one is called by its time."""
    notes = [note for mark in marks if (note := clean(mark.note))]
    return "; ".join(notes) or whole_time(marks[0].at_ms // 1000)
