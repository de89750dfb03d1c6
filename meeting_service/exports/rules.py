"""How captions are made to be read: the rules of those who have thought about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Preset(StrEnum):
    """Whose rules."""

    NETFLIX = "netflix"
    """42 characters a line, 20 a second, up to 7 s"""
    BBC = "bbc"
    """37 characters a line, 15 a second, 1 to 7 s"""
    PODCAST = "podcast"
    """32 characters a line, for players on telephones, 20 a second, 1 to 5 s"""
    RAW = "raw"
    """a caption for each sentence, on one line, for as long as it is spoken"""


@dataclass(frozen=True, slots=True)
class LineRules:
    """What fits a caption, and how long it is shown."""

    line_chars: int
    min_ms: int
    """shown at least, where the next caption leaves room"""
    max_ms: int
    chars_per_s: int
    """what can be read"""


PRESETS: Mapping[Preset, LineRules] = MappingProxyType(
    {
        Preset.NETFLIX: LineRules(42, 833, 7_000, 20),
        Preset.BBC: LineRules(37, 1_000, 7_000, 15),
        Preset.PODCAST: LineRules(32, 1_000, 5_000, 20),
        Preset.RAW: LineRules(1_000_000, 1, 1_000_000_000, 1_000_000),
    }
)
