"""Plain text: minutes to read, mail and print."""

import textwrap

from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.plain import clean, meeting_title, speaker_name
from meeting_service.exports.timestamps import whole_time
from meeting_service.exports.turns import Turn, list_turns
from meeting_service.meeting import MeetingState
from meeting_service.transcript import Transcript, TranscriptGap


def write_txt(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """The transcript as text: a head, then a paragraph for every turn and a line for every gap."""
    lines = [*_head(transcript, options), ""]
    for item in list_turns(transcript):
        text = (
            _gap(transcript, item, options)
            if isinstance(item, TranscriptGap)
            else _turn(transcript, item, options)
        )
        if text:
            time = f"[{whole_time(max(item.start_ms, 0) // 1000)}] " if options.times else ""
            lines.append(_wrap(time + text, options))
    return "\n".join(lines) + "\n"


def _head(transcript: Transcript, options: ExportOptions) -> list[str]:
    head = [meeting_title(transcript), _when(transcript)]
    if options.names and transcript.participants:
        names = ", ".join(speaker_name(transcript, p.id) for p in transcript.participants)
        head.append(_wrap(f"Participants: {names}", options))
    return head


def _when(transcript: Transcript) -> str:
    meeting = transcript.meeting
    started = f"{meeting.started_at:%Y-%m-%d %H:%M} UTC"
    if meeting.state is not MeetingState.ENDED or meeting.ended_at is None:
        return f"{started}, not over yet: the text so far"
    return f"{started}, {whole_time(length_ms(transcript) // 1000)} long"


def length_ms(transcript: Transcript) -> int:
    """How long what was heard is; a meeting that was sent faster than it was spoken took less time."""
    ends = [sentence.end_ms for sentence in transcript.sentences]
    ends += [gap.end_ms for gap in transcript.gaps]
    ends += [participant.received_ms for participant in transcript.participants]
    return max(ends, default=0)


def _turn(transcript: Transcript, turn: Turn, options: ExportOptions) -> str:
    text = " ".join(filter(None, (clean(sentence.text) for sentence in turn.sentences)))
    name = f"{speaker_name(transcript, turn.participant_id)}: " if options.names else ""
    return text and name + text


def _gap(transcript: Transcript, gap: TranscriptGap, options: ExportOptions) -> str:
    name = f" from {speaker_name(transcript, gap.participant_id)}" if options.names else ""
    return f"[no audio{name}, {(gap.end_ms - gap.start_ms) / 1000:.1f} s]"


def _wrap(text: str, options: ExportOptions) -> str:
    if options.line_chars is None:
        return text
    return "\n".join(textwrap.wrap(text, options.line_chars, subsequent_indent="  ", break_on_hyphens=False))
