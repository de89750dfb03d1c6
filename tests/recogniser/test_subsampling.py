import mlx.core as mx
import numpy as np
import pytest

from meeting_service.recogniser.subsampling import Convolutions, Products
from tests.recogniser.tiny import make_model


@pytest.mark.parametrize("real", [1, 8, 57, 80])
def test_products_are_the_convolutions(real: int) -> None:
    """Patches and bands give what the strided convolutions give, for real frames and whatever is beyond."""
    pre_encode = make_model(seed=1).network.encoder.pre_encode
    random = np.random.default_rng(real)
    mel = mx.array(random.standard_normal((2, 80, 16)).astype(np.float32))
    valid = mx.arange(80)[None, :] < mx.array([real, 40])[:, None]

    expected = np.array(Convolutions(pre_encode)(mel, valid))

    assert (2, 10, 32) == expected.shape
    np.testing.assert_allclose(expected, np.array(Products(pre_encode)(mel, valid)), atol=1e-6)
