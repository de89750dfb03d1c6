import mlx.core as mx
import numpy as np
import pytest

from meeting_service.recogniser.tiles import TiledProduct


@pytest.mark.parametrize(("outputs", "inputs"), [(32, 16), (48, 1_024), (1_024, 64), (20, 3_000), (7, 5)])
@pytest.mark.parametrize("time", [1, 25, 31, 50])
def test_tiles_make_the_product(outputs: int, inputs: int, time: int) -> None:
    """Blocks and tiles of any size give the product and its bias."""
    random = np.random.default_rng(outputs)
    x, weight, bias = (
        random.standard_normal(shape).astype(np.float32)
        for shape in ((2, time, inputs), (outputs, inputs), (outputs,))
    )

    product = TiledProduct(mx.array(weight), mx.array(bias))(mx.array(x))

    np.testing.assert_allclose(x @ weight.T + bias, np.array(product), rtol=1e-4, atol=1e-3)
