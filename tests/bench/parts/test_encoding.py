"""The encoder beside a matrix product."""

from math import prod

from mlx.utils import tree_flatten

from meeting_service.bench.context import Context
from meeting_service.bench.parts.encoding import LENGTHS_FRAMES, count_flops, measure_rates
from meeting_service.recogniser import get_model
from meeting_service.recogniser.device import open_device
from meeting_service.recogniser.loading import load_model


def test_arithmetic_is_counted() -> None:
    """For one frame a layer does two operations for each of its weights, beside a little attention."""
    conformer = load_model(get_model("demo"), open_device()).network.encoder
    weights = sum(
        prod(weight.shape)
        for name, weight in tree_flatten(conformer.layers[0].parameters())
        if name.endswith("weight") and weight.ndim > 1 and "linear_pos" not in name
    )
    without = count_flops(conformer, 1) - 2 * len(conformer.layers) * weights

    assert 0 < without < 0.5 * count_flops(conformer, 1)
    assert count_flops(conformer, 100) > 100 * count_flops(conformer, 1)


def test_rates_are_measured_in_turn(context: Context) -> None:
    """Product and windows have a rate by the clock and one by CPU time."""
    product, rates = measure_rates(context.bundled, rounds=1)

    assert tuple(rates) == LENGTHS_FRAMES
    assert all(rate.by_wall > 0 and rate.by_cpu > 0 for rate in (product, *rates.values()))
