"""WebVTT by the W3C's grammar for files, read strictly (section 4 of the specification).

file   = "WEBVTT" [(space / tab) text] end end *end *(block end *end)
block  = NOTE / cue, and before the first cue STYLE and REGION
cue    = [identifier end] times [settings] end payload
"""

import re
from collections.abc import Sequence

from meeting_service.exports.check.cue_text import check_cue_text
from meeting_service.exports.check.report import (
    CheckedCue,
    Report,
    check_characters,
    check_times,
    numbered_lines,
)

_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMES = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+(.*))?", re.ASCII)
_PERCENT = r"(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%"
_SETTINGS = {
    "vertical": re.compile("rl|lr"),
    "line": re.compile(rf"(?:{_PERCENT}|-?\d+)(?:,(?:start|center|end))?"),
    "position": re.compile(rf"{_PERCENT}(?:,(?:line-left|center|line-right))?"),
    "size": re.compile(_PERCENT),
    "align": re.compile("start|center|end|left|right"),
    "region": re.compile(r"(?!.*-->)\S+"),
}

Line = tuple[int, str]


def check_vtt(text: str) -> Report:
    """Read WebVTT and report all that is wrong with it."""
    report = Report()
    lines = []
    for number, line, terminator in numbered_lines(text.removeprefix("\ufeff")):
        if not terminator:
            report.add(number, "line-end", "the last line must be ended too")
        check_characters(number, line.replace("\t", " "), report)
        lines.append((number, line))
    _check_signature(lines, report)
    for block in _blocks(lines[1:]):
        _check_block(block, report)
    return report


def _check_signature(lines: Sequence[Line], report: Report) -> None:
    first = lines[0][1] if lines else ""
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", first) or "-->" in first:
        report.add(1, "signature", "the file must begin with WEBVTT")
    if len(lines) < 2 or lines[1][1]:
        report.add(2, "signature", "a blank line must follow the first one")


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    blocks: list[list[Line]] = [[]]
    for number, line in lines:
        if line:
            blocks[-1].append((number, line))
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _check_block(block: Sequence[Line], report: Report) -> None:
    first = block[0][1]
    timed = [i for i, (_, line) in enumerate(block) if "-->" in line]
    if not timed and re.fullmatch(r"NOTE(?:[ \t].*)?", first):
        return
    if not timed and re.fullmatch(r"(?:STYLE|REGION)[ \t]*", first):
        if report.cues:
            report.add(block[0][0], "block-order", "STYLE and REGION stand before the first cue")
        return
    if not timed or timed[0] > 1:
        report.add(block[0][0], "times", "this is neither a cue nor a comment")
        return
    _check_cue(block[: timed[0]], block[timed[0]], block[timed[0] + 1 :], report)


def _check_cue(head: Sequence[Line], times: Line, payload: Sequence[Line], report: Report) -> None:
    number, line = times
    match = _TIMES.fullmatch(line)
    if match is None:
        report.add(number, "times", "expected [HH:]MM:SS.mmm --> [HH:]MM:SS.mmm and settings")
        return
    _check_settings(number, match.group(9) or "", report)
    start_ms, end_ms = _ms(match.groups()[:4]), _ms(match.groups()[4:8])
    identifier = head[0][1] if head else ""
    if identifier and any(cue.identifier == identifier for cue in report.cues):
        report.add(head[0][0], "identifier", "another cue has this identifier")
    lines, voices = check_cue_text(number, payload, start_ms, end_ms, report)
    cue = CheckedCue(number, start_ms, end_ms, lines, voices, identifier)
    check_times(cue, report.cues[-1] if report.cues else None, report)
    report.cues.append(cue)


def _check_settings(number: int, settings: str, report: Report) -> None:
    seen: set[str] = set()
    for setting in settings.split():
        name, _, value = setting.partition(":")
        form = _SETTINGS.get(name)
        if form is None or not form.fullmatch(value) or name in seen:
            report.add(number, "settings", "a cue setting is unknown, malformed or given twice")
        seen.add(name)


def _ms(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, ms = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
