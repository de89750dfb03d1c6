"""WebVTT cue text: tags, entities and voices, read strictly (section 4.2.2 of the specification)."""

import html
import re
from collections.abc import Sequence

from meeting_service.exports.check.report import Report, Voice

_TOKEN = re.compile(r"<([^>]*)>|([^<]+)|(<)")
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]*|#[0-9]+|#[xX][0-9A-Fa-f]+);")
_START = re.compile(r"(c|i|b|u|ruby|rt|v|lang)((?:\.[^\s.&<>]+)*)(?:[ \t\n]+(.*))?", re.DOTALL)
_TIME = re.compile(r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})", re.ASCII)
_ANNOTATED = {"v", "lang"}

Line = tuple[int, str]


class _Reader:
    """Reads one payload; gathers what is seen and who says it."""

    def __init__(self, number: int, start_ms: int, end_ms: int, report: Report) -> None:
        self._number = number
        self._clock_ms = start_ms
        self._end_ms = end_ms
        self._report = report
        self._open: list[tuple[str, str]] = []
        self._voices_opened = 0
        self.voices: list[Voice] = []

    def read(self, payload: str) -> None:
        for tag, text, stray in _TOKEN.findall(payload):
            if text:
                self._text(text)
            elif stray:
                self._fail("tag", "a tag is not closed by >")
            else:
                self._tag(tag)
        self._finish(payload)

    def _text(self, text: str) -> None:
        if "&" in _ENTITY.sub("", text):
            self._fail("entity", "& must begin an entity")
        speaker = next((name for tag, name in reversed(self._open) if tag == "v"), None)
        self.voices.append(Voice(speaker, html.unescape(text)))

    def _tag(self, tag: str) -> None:
        if tag.startswith("/"):
            self._close(tag[1:])
        elif (time := _TIME.fullmatch(tag)) is not None:
            self._timestamp([int(part or 0) for part in time.groups()])
        elif (start := _START.fullmatch(tag)) is not None:
            self._begin(start.group(1), start.group(3) or "")
        else:
            self._fail("tag", "this is no tag of WebVTT")

    def _begin(self, tag: str, annotation: str) -> None:
        if (tag in _ANNOTATED) != bool(annotation.strip()):
            self._fail("annotation", "v and lang tags need a name, others have none")
        if "\n" in annotation or "&" in _ENTITY.sub("", annotation):
            self._fail("annotation", "a name has no line break, and & only in entities")
        if tag == "rt" and (not self._open or self._open[-1][0] != "ruby"):
            self._fail("tag", "rt stands in ruby")
        self._voices_opened += tag == "v"
        self._open.append((tag, html.unescape(annotation)))

    def _close(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            self._fail("tag", "an end tag closes nothing")
            return
        self._open.pop()

    def _timestamp(self, parts: Sequence[int]) -> None:
        hours, minutes, seconds, ms = parts
        at_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
        if not self._clock_ms < at_ms < self._end_ms:
            self._fail("timestamp", "a time inside a cue lies between its times and after the one before")
        self._clock_ms = at_ms

    def _finish(self, payload: str) -> None:
        # `</v>` may be left out where the voice is all there is.
        alone = [tag for tag, _ in self._open] == ["v"] and self._voices_opened == 1
        if self._open and not (alone and payload.startswith("<v")):
            self._fail("tag", "a tag is left open")

    def _fail(self, rule: str, detail: str) -> None:
        self._report.add(self._number, rule, detail)


def check_cue_text(
    number: int, payload: Sequence[Line], start_ms: int, end_ms: int, report: Report
) -> tuple[list[str], list[Voice]]:
    """Read a payload: its lines as they are seen, and who says what."""
    if not payload:
        report.add(number, "payload", "a cue must say something")
    for line_number, line in payload:
        if "-->" in line:
            report.add(line_number, "arrow", "--> must not stand in text")
    reader = _Reader(payload[0][0] if payload else number, start_ms, end_ms, report)
    reader.read("\n".join(line for _, line in payload))
    seen = "".join(voice.text for voice in reader.voices)
    if payload and not seen.strip():
        report.add(payload[0][0], "payload", "a cue must say something")
    return seen.split("\n"), reader.voices
