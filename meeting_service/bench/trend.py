"""A straight line through measurements, and how sure its slope is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Trend:
    """How something grows."""

    slope: float
    """per unit of x"""
    error: float
    """standard error of the slope; infinite for fewer than three points"""


def fit(xs: Sequence[float], ys: Sequence[float]) -> Trend:
    """The line of least squares; neighbours that err alike are allowed for as a first-order process.

    Raises:
        ValueError: fewer than two points, or all at one x.
    """
    x, y = np.asarray(xs, np.float64), np.asarray(ys, np.float64)
    spread = float(np.square(x - x.mean()).sum()) if len(x) else 0.0
    if spread == 0:
        raise ValueError("a slope needs two places")
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    rest = y - y.mean() - slope * (x - x.mean())
    if len(x) < 3:
        return Trend(slope, math.inf)
    error = math.sqrt(float(np.square(rest).sum()) / (len(x) - 2) / spread)
    return Trend(slope, error * _inflation(rest))


def _inflation(rest: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """How much less `n` measurements say than `n` independent ones would: memory moves in steps and stays."""
    power = float(np.square(rest).sum())
    alike = float((rest[1:] * rest[:-1]).sum()) / power if power else 0.0
    alike = min(max(alike, 0.0), 0.95)
    return math.sqrt((1 + alike) / (1 - alike))
