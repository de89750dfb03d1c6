"""Plain text: minutes to read, mail and print."""

import textwrap

from meeting_service.exports.heading import describe_gap, describe_time, list_names, turn_time
from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.plain import meeting_title, speaker_name
from meeting_service.exports.turns import Turn, list_turns, turn_text
from meeting_service.transcript import Transcript, TranscriptGap


def write_txt(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """The transcript as text: a head, then a paragraph for every turn and a line for every gap."""
    lines = [*_head(transcript, options), ""]
    for item in list_turns(transcript):
        text = (
            describe_gap(transcript, item, options)
            if isinstance(item, TranscriptGap)
            else _turn(transcript, item, options)
        )
        if text:
            time = f"[{turn_time(item.start_ms)}] " if options.times else ""
            lines.append(_wrap(time + text, options))
    return "\n".join(lines) + "\n"


def _head(transcript: Transcript, options: ExportOptions) -> list[str]:
    head = [meeting_title(transcript), describe_time(transcript, options)]
    if options.names and transcript.participants:
        head.append(_wrap(f"Participants: {', '.join(list_names(transcript))}", options))
    return head


def _turn(transcript: Transcript, turn: Turn, options: ExportOptions) -> str:
    text = turn_text(turn)
    name = f"{speaker_name(transcript, turn.participant_id)}: " if options.names else ""
    return text and name + text


def _wrap(text: str, options: ExportOptions) -> str:
    if options.line_chars is None:
        return text
    return "\n".join(textwrap.wrap(text, options.line_chars, subsequent_indent="  ", break_on_hyphens=False))
