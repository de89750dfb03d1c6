"""SubRip as players agree on it, read strictly.

file = *cue                       UTF-8, no byte order mark, every line ended by CR LF
cue  = index times 1*2(text) blank
index = "1", "2", … without a hole
times = HH:MM:SS,mmm " --> " HH:MM:SS,mmm
"""

import re
from collections.abc import Sequence

from meeting_service.exports.check.report import (
    CheckedCue,
    Report,
    check_characters,
    check_times,
    numbered_lines,
)

MAX_LINES = 2

_TIME = r"(\d{2,}):([0-5]\d):([0-5]\d),(\d{3})"
_TIMES = re.compile(f"{_TIME} --> {_TIME}", re.ASCII)
_MARKUP = re.compile(r"<|>|\{\\|\{[A-Za-z]:|-->")

Line = tuple[int, str]


def check_srt(text: str, *, may_overlap: bool = False) -> Report:
    """Read SRT and report all that is wrong with it. An empty file is a file without cues.

    Args:
        text: the file, decoded.
        may_overlap: accept cues that are shown at the same time, of which many players show one.
    """
    report = Report()
    if text.startswith("\ufeff"):
        report.add(1, "byte-order-mark", "the file begins with a byte order mark")
        text = text[1:]
    lines = _read_lines(text, report)
    for index, block in enumerate(_blocks(lines, report), 1):
        _check_cue(block, index, report, may_overlap)
    return report


def _read_lines(text: str, report: Report) -> list[Line]:
    lines = []
    for number, line, terminator in numbered_lines(text):
        if terminator != "\r\n":
            report.add(number, "line-end", "every line must end with CR LF")
        check_characters(number, line, report)
        lines.append((number, line))
    return lines


def _blocks(lines: Sequence[Line], report: Report) -> list[list[Line]]:
    blocks: list[list[Line]] = []
    block: list[Line] = []
    for number, line in lines:
        if line:
            block.append((number, line))
        elif block:
            blocks.append(block)
            block = []
        else:
            report.add(number, "blank", "there must be one blank line after a cue, and none elsewhere")
    if block:
        report.add(block[-1][0], "blank", "the last cue must be followed by a blank line too")
        blocks.append(block)
    return blocks


def _check_cue(block: Sequence[Line], index: int, report: Report, may_overlap: bool) -> None:
    number, line = block[0]
    if line != str(index):
        report.add(number, "index", f"the index of this cue must be {index}")
    times = _TIMES.fullmatch(block[1][1]) if len(block) > 1 else None
    if times is None:
        report.add(block[min(1, len(block) - 1)][0], "times", "expected HH:MM:SS,mmm --> HH:MM:SS,mmm")
        return
    before = report.cues[-1] if report.cues else None
    cue = CheckedCue(block[1][0], _ms(times.groups()[:4]), _ms(times.groups()[4:]), [t for _, t in block[2:]])
    check_times(cue, before, report)
    if not may_overlap and before is not None and cue.start_ms < before.end_ms:
        report.add(cue.line, "overlap", "the cue above is still shown")
    _check_text(cue, block[2:], report)
    report.cues.append(cue)


def _check_text(cue: CheckedCue, lines: Sequence[Line], report: Report) -> None:
    if not 1 <= len(lines) <= MAX_LINES:
        report.add(cue.line, "lines", f"a cue has one or two lines, not {len(lines)}")
    for number, line in lines:
        if line != line.strip():
            report.add(number, "space", "a line must not begin or end with a space, or be nothing else")
        if _MARKUP.search(line):
            report.add(number, "markup", "players take this for markup")


def _ms(parts: Sequence[str]) -> int:
    hours, minutes, seconds, ms = map(int, parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
