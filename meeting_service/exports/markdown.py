"""Markdown (CommonMark): minutes for wikis and repositories."""

import re

from meeting_service.exports.heading import describe_gap, describe_time, list_names, turn_time
from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.plain import clean, meeting_title, speaker_name
from meeting_service.exports.turns import Turn, list_turns, turn_text
from meeting_service.transcript import Bookmark, Transcript, TranscriptGap

# What CommonMark and its common extensions give a meaning to within a line.
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$!^])")
# What makes a list, a rule or a heading of a paragraph that begins with it.
_OPENING = re.compile(r"([-+=:]|\d{1,9}(?=[.)]))")


def write_markdown(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """The transcript as Markdown: a heading, then a paragraph for every turn and every gap."""
    paragraphs = [f"# {escape(meeting_title(transcript))}", escape(describe_time(transcript, options))]
    if options.names and transcript.participants:
        paragraphs.append(f"Participants: {', '.join(map(escape, list_names(transcript)))}")
    if transcript.bookmarks:
        paragraphs += ["## Bookmarks", "\n".join(_bookmark(mark, options) for mark in transcript.bookmarks)]
        paragraphs.append("## Transcript")
    for item in list_turns(transcript):
        text = (
            f"*{escape(describe_gap(transcript, item, options))}*"
            if isinstance(item, TranscriptGap)
            else _turn(transcript, item, options)
        )
        if text:
            paragraphs.append(f"`{turn_time(item.start_ms)}` {text}" if options.times else text)
    return "\n\n".join(paragraphs) + "\n"


def escape(text: str) -> str:
    """Text that means itself, also where a paragraph begins with it."""
    escaped = _SPECIAL.sub(r"\\\1", text)
    opening = _OPENING.match(escaped)
    if opening is None:
        return escaped
    # Digits cannot be escaped; what follows them can.
    at = opening.end() if escaped[0].isdigit() else 0
    return f"{escaped[:at]}\\{escaped[at:]}"


def _bookmark(mark: Bookmark, options: ExportOptions) -> str:
    note = escape(clean(mark.note)) or "marked"
    return f"- `{turn_time(mark.at_ms)}` {note}" if options.times else f"- {note}"


def _turn(transcript: Transcript, turn: Turn, options: ExportOptions) -> str:
    text = escape(turn_text(turn))
    name = f"**{escape(speaker_name(transcript, turn.participant_id))}:** " if options.names else ""
    return text and name + text
