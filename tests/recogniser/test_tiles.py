import numpy as np
import pytest

from meeting_service.recogniser.tiles import TiledProduct, tiled_length


@pytest.mark.parametrize(("outputs", "inputs"), [(32, 16), (48, 1_024), (1_024, 64), (20, 3_000), (7, 5)])
@pytest.mark.parametrize("time", [1, 25, 31, 50])
def test_tiles_make_the_product(outputs: int, inputs: int, time: int) -> None:
    """Blocks and tiles of any size give the product and its bias, of a part of an array, too."""
    random = np.random.default_rng(outputs)
    x, weight, bias = (
        random.standard_normal(shape).astype(np.float32)
        for shape in ((time, 2 * inputs), (outputs, 2 * inputs), (outputs,))
    )
    x, weight = x[:, inputs:], weight[:, inputs:]

    product = TiledProduct(weight, bias)(x)

    np.testing.assert_allclose(x @ weight.T + bias, product, rtol=1e-4, atol=1e-3)


def test_lengths_that_tiles_make_up() -> None:
    """Lengths up to a tile stay, longer ones grow until equal tiles make them up."""
    assert [1, 25, 30, 32, 32, 60, 63, 63] == [tiled_length(time) for time in (1, 25, 30, 31, 32, 60, 61, 62)]
