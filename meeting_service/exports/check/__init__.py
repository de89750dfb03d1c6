"""A strict reader of captions: parses SRT and WebVTT from scratch and reports every violation with its line.

It accepts less than players do, so that what passes here plays everywhere.
"""

from meeting_service.exports.check.readability import Readability, measure
from meeting_service.exports.check.report import CheckedCue, Report, Violation, Voice
from meeting_service.exports.check.srt import check_srt
from meeting_service.exports.check.vtt import check_vtt

__all__ = [
    "CheckedCue",
    "Readability",
    "Report",
    "Violation",
    "Voice",
    "check_srt",
    "check_vtt",
    "measure",
]
