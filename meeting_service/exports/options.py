"""What a reader may choose about a download."""

from dataclasses import dataclass

from meeting_service.errors import InvalidRequest

CAPTION_CHARS = 42
MIN_LINE_CHARS = 20
MAX_LINE_CHARS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """How a transcript is written. Formats that have no use for an option ignore it."""

    names: bool = True
    """say who speaks"""
    times: bool = True
    """say when, in TXT; captions always do"""
    line_chars: int | None = None
    """characters a line may have; None: 42 in captions, no limit in TXT"""
    keep_overlaps: bool = False
    """in SRT, let the captions of people who talk over each other overlap in time"""

    def __post_init__(self) -> None:
        if self.line_chars is not None and not MIN_LINE_CHARS <= self.line_chars <= MAX_LINE_CHARS:
            raise InvalidRequest(f"a line has {MIN_LINE_CHARS} to {MAX_LINE_CHARS} characters")


DEFAULT_OPTIONS = ExportOptions()
