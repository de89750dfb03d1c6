"""What a reader may choose about a download."""

from dataclasses import dataclass, replace
from datetime import datetime

from meeting_service.errors import InvalidRequest
from meeting_service.exports.rules import PRESETS, LineRules, Preset

MIN_LINE_CHARS = 20
MAX_LINE_CHARS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """How a transcript is written, and how much of it. Formats that have no use for an option ignore it."""

    names: bool = True
    """say who speaks; files for programs number the speakers instead"""
    times: bool = True
    """say when, in what people read; captions always do"""
    preset: Preset = Preset.NETFLIX
    """the rules captions keep to"""
    line_chars: int | None = None
    """characters a line may have; None: the preset's in captions, no limit in TXT"""
    keep_overlaps: bool = False
    """in SRT, let the captions of people who talk over each other overlap in time"""
    participant: str | None = None
    """only this one, by id or by a name that is one's own"""
    from_ms: int | None = None
    """only what is said after this offset"""
    to_ms: int | None = None
    """only what is said before this offset"""
    per_participant: bool = False
    """a ZIP with a file for each"""
    as_of: datetime | None = None
    """now, for a meeting that is not over"""

    def __post_init__(self) -> None:
        if self.line_chars is not None and not MIN_LINE_CHARS <= self.line_chars <= MAX_LINE_CHARS:
            raise InvalidRequest(f"a line has {MIN_LINE_CHARS} to {MAX_LINE_CHARS} characters")
        if self.from_ms is not None and self.to_ms is not None and self.from_ms >= self.to_ms:
            raise InvalidRequest("a span of time ends after it begins")

    @property
    def rules(self) -> LineRules:
        """The preset's, with the lines as long as was asked for."""
        rules = PRESETS[self.preset]
        return rules if self.line_chars is None else replace(rules, line_chars=self.line_chars)

    @property
    def may_overlap(self) -> bool:
        """Whether captions in SRT may be shown at the same time."""
        return self.keep_overlaps or self.preset is Preset.RAW


DEFAULT_OPTIONS = ExportOptions()
