"""Figures and what they are held to."""

import pytest

from meeting_service.bench.figures import Figure, Target
from meeting_service.bench.measures import get_measure, get_target, is_met


def test_a_bound_counts_as_met() -> None:
    """At least and at most include the bound itself."""
    assert Target("≥", 20).is_met(20)
    assert not Target("≥", 20).is_met(19.9)
    assert Target("≤", 0.3).is_met(0.3)
    assert not Target("≤", 0.3).is_met(0.31)
    assert str(Target("≤", 0.01)) == "≤ 0.01"


def test_a_figure_is_held_to_its_own_target_or_to_its_measures() -> None:
    """What a figure brings goes before what its key asks; without either nothing is judged."""
    assert get_target(Figure("erasure", 0.1)) == Target("≤", 0.3)
    assert is_met(Figure("erasure", 0.1, target=Target("≤", 0.05))) is False
    assert is_met(Figure("vad_ms_per_s", 2.0)) is None
    assert is_met(Figure("quantised", {"8bit": 1.0})) is None


def test_an_unknown_key_is_an_error() -> None:
    """Nobody measures what is not listed."""
    with pytest.raises(KeyError):
        get_measure("nonsense")
