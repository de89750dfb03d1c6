"""How well captions of the bundled meeting keep each preset's rules: `python -m tests.exports.count_rules`.

The meeting is taken as it was read, every sentence with its times; files are read back by the strict checker.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from meeting_service.demo.script import Script
from meeting_service.exports import ExportOptions, Preset, make_download
from meeting_service.exports.check import Report, check_srt, check_vtt, measure
from meeting_service.exports.rules import PRESETS
from meeting_service.meeting import Meeting, MeetingState, Participant
from meeting_service.resources import resource_path
from meeting_service.transcript import Sentence, Transcript, reading_order

FOLDER = resource_path("config").parent / "meeting_service" / "demo" / "meeting"
HEAD = ("preset", "format", "cues", "violations", "in lines", "long enough", "short enough", "unhurried")


def bundled_meeting() -> Transcript:
    """As it was read; the words have no times of their own."""
    script = Script.load(FOLDER)
    sentences = [
        Sentence(str(number), line.participant, line.start_ms, line.end_ms, line.text, 1.0, ())
        for number, line in enumerate(script.sentences)
    ]
    meeting = Meeting("bundled", script.title, MeetingState.ENDED, datetime(2026, 1, 1, tzinfo=UTC))
    people = [Participant(meeting.id, speaker.id, speaker.name) for speaker in script.participants]
    return Transcript(meeting, people, sorted(sentences, key=reading_order))


def count(transcript: Transcript) -> Iterator[tuple[str, ...]]:
    """A row for each preset and format; shares of cues."""
    for preset in Preset:
        for name in ("srt", "vtt"):
            report = _check(transcript, name, preset)
            rules = PRESETS[preset]
            kept = measure(
                report.cues,
                rules.line_chars,
                min_ms=rules.min_ms,
                max_ms=rules.max_ms,
                chars_per_s=rules.chars_per_s,
            )
            shares = (kept.fitting, kept.long_enough, kept.short_enough, kept.unhurried)
            counts = (str(len(report.cues)), str(len(report.violations)))
            yield preset.value, name, *counts, *(f"{share:.1%}" for share in shares)


def _check(transcript: Transcript, name: str, preset: Preset) -> Report:
    text = make_download(transcript, name, ExportOptions(preset=preset)).content.decode()
    return check_vtt(text) if name == "vtt" else check_srt(text, may_overlap=preset is Preset.RAW)


def main() -> None:
    """Print the table."""
    rows = [HEAD, *count(bundled_meeting())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + "\n")


if __name__ == "__main__":
    main()
