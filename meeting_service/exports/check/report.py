"""What a checker finds: the cues as read, and every rule that is broken, with its line."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule."""

    line: int
    """from 1"""
    rule: str
    """its name, for example `cue-order`"""
    detail: str
    """for people; quotes nothing that was said"""

    def __str__(self) -> str:
        return f"line {self.line}: {self.detail} ({self.rule})"


@dataclass(frozen=True, slots=True)
class Voice:
    """Text of a cue and whose it is, where the format says so."""

    speaker: str | None
    text: str
    """entities resolved, lines parted by newlines"""


@dataclass(frozen=True, slots=True)
class CheckedCue:
    """A cue as a player would take it."""

    line: int
    """of its times"""
    start_ms: int
    end_ms: int
    lines: Sequence[str]
    """as they are seen, without tags"""
    voices: Sequence[Voice] = ()
    identifier: str = ""


@dataclass(slots=True)
class Report:
    """The outcome of a check."""

    cues: list[CheckedCue] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def add(self, line: int, rule: str, detail: str) -> None:
        """Note a violation."""
        self.violations.append(Violation(line, rule, detail))


def numbered_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Each line's number, content and terminator: CR LF, LF, CR or nothing at the end of the file."""
    number, start = 1, 0
    while start < len(text):
        end = min((i for i in (text.find("\n", start), text.find("\r", start)) if i >= 0), default=len(text))
        terminator = "\r\n" if text[end : end + 2] == "\r\n" else text[end : end + 1]
        yield number, text[start:end], terminator
        number, start = number + 1, end + len(terminator)


def check_characters(number: int, line: str, report: Report) -> None:
    """No control character, no half of a surrogate pair, no byte order mark inside."""
    for char in line:
        if unicodedata.category(char) in ("Cc", "Cs") or char == "\ufeff":
            report.add(number, "character", f"U+{ord(char):04X} does not belong into text")
            return


def check_times(cue: CheckedCue, before: CheckedCue | None, report: Report) -> None:
    """A cue ends after it starts, and starts no earlier than the one before."""
    if cue.end_ms <= cue.start_ms:
        report.add(cue.line, "cue-duration", "a cue must end after it starts")
    if before is not None and cue.start_ms < before.start_ms:
        report.add(cue.line, "cue-order", "a cue must not start before the one above it")
