import numpy as np
import pytest

from meeting_service.recogniser.cores import Cores
from meeting_service.recogniser.products import Linear

SHAPES = [(160, 640), (320, 640), (640, 500), (1_280, 640), (640, 3_000), (33, 7)]
"""Inputs and outputs: those of the bundled model, of the published ones, and some that fit nowhere."""


def make_linear(inputs: int, outputs: int, cores: int = 1) -> Linear:
    """Weights from nowhere."""
    random = np.random.default_rng(inputs)
    weight = random.standard_normal((outputs, inputs)).astype(np.float32)
    return Linear(weight, random.standard_normal(outputs).astype(np.float32), Cores(cores))


def make_rows(count: int, inputs: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Rows of very different size."""
    random = np.random.default_rng(count)
    rows = random.standard_normal((count, inputs)) * 10.0 ** random.integers(-6, 6, (count, 1))
    return rows.astype(np.float32)


@pytest.mark.parametrize(("inputs", "outputs"), SHAPES)
def test_it_is_a_product(inputs: int, outputs: int) -> None:
    """The result is that of a plain product, to the accuracy of single precision, and as wide."""
    random = np.random.default_rng(1)
    weight = random.standard_normal((outputs, inputs)).astype(np.float32)
    rows, bias = random.standard_normal((6, inputs)).astype(np.float32), np.ones(outputs, np.float32)

    result = Linear(weight, bias, Cores(1))(rows)

    np.testing.assert_allclose(rows.astype(np.float64) @ weight.T + 1.0, result, atol=1e-3)


@pytest.mark.parametrize(("inputs", "outputs"), SHAPES)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 13, 16, 64])
def test_a_row_has_its_bits_in_any_company(inputs: int, outputs: int, count: int) -> None:
    """However many rows there are, in whatever order, on one core or two, each gives what it gives alone."""
    linear, rows = make_linear(inputs, outputs), make_rows(count, inputs)
    on_two_cores = make_linear(inputs, outputs, cores=2)
    alone = np.concatenate([linear(rows[row : row + 1]) for row in range(count)])

    for order in (np.arange(count), np.arange(count)[::-1], np.roll(np.arange(count), 3)):
        np.testing.assert_array_equal(alone[order], linear(rows[order]))
        np.testing.assert_array_equal(alone[order], on_two_cores(rows[order]))


def test_neighbours_that_are_no_numbers_stay_by_themselves() -> None:
    """A row of infinities spoils no other."""
    linear, rows = make_linear(160, 640), make_rows(4, 160)
    alone = linear(rows[2:3])
    rows[1] = np.inf

    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(alone[0], linear(rows)[2])
