"""SubRip: what every player reads. It has no standard and no escapes, so what players might take for
markup is written with other characters.
"""

from collections.abc import Sequence
from dataclasses import replace

from meeting_service.exports.breaks import Widths, break_into_lines, join_tokens
from meeting_service.exports.cues import Piece, Span, cut_sentence, in_time_order, linger
from meeting_service.exports.marks import mark_stretches
from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.plain import clean, shorten, speaker_name, width
from meeting_service.exports.stacking import Shared, stack
from meeting_service.exports.timestamps import clock_time
from meeting_service.transcript import Sentence, Transcript, find_overlaps

# `<i>` and `{\an8}` style a caption, an arrow makes a time line.
_MARKUP = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")"})
_DASH = "- "


def write_srt(transcript: Transcript, options: ExportOptions = DEFAULT_OPTIONS) -> str:
    """The transcript as SRT: UTF-8 without a mark, CRLF, captions one after another.

    A name stands before the first caption of a turn; one longer than half a line is shortened.
    """
    rules = options.rules
    line_chars = rules.line_chars
    said = mark_stretches(transcript, rules.max_ms)
    labels = _labels(transcript, said, line_chars // 2) if options.names else {}
    pieces = in_time_order(_cut(said, labels, line_chars, options))
    alone = (Shared([p], p.start_ms, p.end_ms) for p in pieces)
    shown = list(alone) if options.may_overlap else stack(pieces, rules)
    ends = linger([Span(s.start_ms, s.end_ms, s.columns) for s in shown], rules)
    texts = _lines(shown, labels, line_chars)
    return "".join(
        f"{number}\r\n{clock_time(cue.start_ms, ',')} --> {clock_time(end_ms, ',')}\r\n{text}\r\n\r\n"
        for number, (cue, end_ms, text) in enumerate(zip(shown, ends, texts, strict=True), 1)
    )


def carry_word(text: str) -> str:
    """Text in characters that no player takes for markup."""
    return text.replace("-->", "→").translate(_MARKUP)


def _labels(transcript: Transcript, said: Sequence[Sentence], columns: int) -> dict[str, str]:
    ids = {sentence.participant_id for sentence in said}
    return {i: f"{_short_name(transcript, i, columns)}: " for i in ids}


def _short_name(transcript: Transcript, participant_id: str, columns: int) -> str:
    # A colon ends the name.
    name = clean(carry_word(speaker_name(transcript, participant_id)).replace(":", " "))
    return shorten(name or "?", columns)


def _cut(
    said: Sequence[Sentence], labels: dict[str, str], line_chars: int, options: ExportOptions
) -> list[Piece]:
    crowded = find_overlaps(said)
    one_line = not options.may_overlap
    pieces: list[Piece] = []
    before: Sentence | None = None
    for sentence in said:
        label = width(labels.get(sentence.participant_id, ""))
        rest: Widths = (line_chars, line_chars)
        if sentence.id in crowded:
            # Any of its captions may need the name, and half the room.
            rest = (line_chars - len(_DASH) - label,) if one_line else (line_chars - label, line_chars)
        same = before and before.participant_id == sentence.participant_id and before.id not in crowded
        first = rest if same or sentence.id in crowded else (line_chars - label, line_chars)
        cut = cut_sentence(sentence, first, rest, options.rules, carry_word)
        pieces += [replace(p, crowded=one_line and sentence.id in crowded) for p in cut]
        before = sentence
    return pieces


def _lines(shown: Sequence[Shared], labels: dict[str, str], line_chars: int) -> list[str]:
    texts = []
    speaker: str | None = None
    for cue in shown:
        [first, *others] = cue.pieces
        if others:
            speaker = None
            lines = [f"{_DASH}{labels.get(p.participant_id, '')}{join_tokens(p.tokens)}" for p in cue.pieces]
        else:
            label = "" if first.participant_id == speaker else labels.get(first.participant_id, "")
            speaker = first.participant_id
            lines = list(break_into_lines(first.tokens, (line_chars - width(label), line_chars)))
            lines[0] = label + lines[0]
        texts.append("\r\n".join(lines))
    return texts
