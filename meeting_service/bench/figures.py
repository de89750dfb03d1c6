"""What a part answers with, and what a figure is held to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Value = float | Mapping[str, Any]
"""A number, or where one number cannot say it, named numbers."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should be."""

    bound: Literal["≥", "≤"]
    value: float

    def is_met(self, value: float) -> bool:
        """Whether `value` is good enough."""
        return value >= self.value if self.bound == "≥" else value <= self.value

    def __str__(self) -> str:
        return f"{self.bound} {self.value:.3g}"


@dataclass(frozen=True, slots=True)
class Rows:
    """A small table for people, beneath its figure: texts only."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured."""

    key: str
    """of a `Measure`"""
    value: Value
    note: str = ""
    """one line that explains the value: what it was made of"""
    target: Target | None = None
    """where the target depends on what else was measured; instead of the measure's own"""
    rows: Rows | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    """for machines: whatever JSON can hold"""
    plots: Mapping[str, str] = field(default_factory=dict)
    """SVG documents by file name"""
