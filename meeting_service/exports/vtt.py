"""WebVTT: captions with a voice each; people who talk over each other have captions at the same time."""

import re
from itertools import count

from meeting_service.exports.breaks import break_into_lines, tokens_width
from meeting_service.exports.cues import Piece, Span, cut_sentence, in_time_order, linger
from meeting_service.exports.marks import mark_stretches
from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.plain import meeting_title, speaker_name
from meeting_service.exports.timestamps import clock_time
from meeting_service.transcript import Transcript


def write_vtt(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """The transcript as WebVTT, by the W3C's grammar: starts never go back, every cue has some length."""
    rules = options.rules
    room = (rules.line_chars, rules.line_chars)
    said = mark_stretches(transcript, rules.max_ms)
    pieces = in_time_order([p for s in said for p in cut_sentence(s, room, room, rules)])
    ends = linger([_span(piece) for piece in pieces], rules)
    names = {p.participant_id: speaker_name(transcript, p.participant_id) for p in pieces}
    blocks = [_header(transcript, options)]
    for number, piece, end_ms in zip(count(1), pieces, ends, strict=False):
        voice = _voice(names[piece.participant_id]) if options.names else ""
        blocks.append(_cue(number, piece, end_ms, voice, room))
    return "\n".join(blocks)


def _header(transcript: Transcript, options: ExportOptions) -> str:
    title = meeting_title(transcript).replace("-->", "→")
    started = f"started {transcript.meeting.started_at:%Y-%m-%dT%H:%M:%SZ}"
    as_of = f", as of {options.as_of:%Y-%m-%dT%H:%M:%SZ}" if options.as_of else ""
    return f"WEBVTT\n\nNOTE\n{title}\n{started}{as_of}\n"


def _span(piece: Piece) -> Span:
    return Span(piece.start_ms, piece.end_ms, tokens_width(piece.tokens), piece.participant_id)


def _cue(number: int, piece: Piece, end_ms: int, voice: str, room: tuple[int, int]) -> str:
    lines = "\n".join(map(_escape, break_into_lines(piece.tokens, room)))
    times = f"{clock_time(piece.start_ms, '.')} --> {clock_time(end_ms, '.')}"
    return f"{number}\n{times}\n{voice}{lines}\n"


def _voice(name: str) -> str:
    # With the tag's end, dashes at the end of a name would be an arrow.
    return f"<v {re.sub('-$', '&#45;', _escape(name))}>"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
