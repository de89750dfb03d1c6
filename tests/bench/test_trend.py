import math

import numpy as np
import pytest

from meeting_service.bench.trend import fit


def test_finds_the_slope() -> None:
    """Points on a line give its slope, without doubt."""
    trend = fit([0, 1, 2, 4], [5, 7, 9, 13])

    assert pytest.approx(2) == trend.slope
    assert pytest.approx(0, abs=1e-9) == trend.error


def test_knows_how_sure_it_is() -> None:
    """Of noise without a trend, about 95 of 100 slopes lie within two errors of 0."""
    draw, hours = np.random.default_rng(1), np.arange(80) / 10
    trends = [fit(hours.tolist(), draw.standard_normal(80).tolist()) for _ in range(200)]

    within = sum(abs(trend.slope) <= 2 * trend.error for trend in trends)

    assert 180 <= within <= 200


def test_doubts_steps() -> None:
    """Noise that stays for a while says less than noise that comes and goes."""
    draw, hours = np.random.default_rng(2), list(range(100))
    alone = draw.standard_normal(100)
    staying = np.repeat(alone[:20], 5)

    assert fit(hours, staying.tolist()).error > 1.5 * fit(hours, alone.tolist()).error


def test_needs_two_places() -> None:
    """One place has no slope; two have one that nothing is known of."""
    with pytest.raises(ValueError, match="two places"):
        fit([1, 1], [2, 3])

    assert math.isinf(fit([1, 2], [2, 3]).error)
