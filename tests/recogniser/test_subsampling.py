import mlx.core as mx
import numpy as np
import pytest

from meeting_service.recogniser.cores import Cores
from meeting_service.recogniser.subsampling import Subsampling
from tests.recogniser.tiny import make_model


@pytest.mark.parametrize("shares", [1, 4])
@pytest.mark.parametrize("real", [1, 8, 57, 80])
def test_products_are_the_convolutions(real: int, shares: int) -> None:
    """Patches and bands give what upstream's strided convolutions give for the real frames alone."""
    pre_encode = make_model(seed=1).network.encoder.pre_encode
    mel = np.random.default_rng(real).standard_normal((80, 16)).astype(np.float32)
    [expected], _ = pre_encode(mx.array(mel[None, :real]), mx.array([real]))

    subsampled = Subsampling(pre_encode, shares, Cores(2))(mel, real)

    assert (10, 32) == subsampled.shape
    np.testing.assert_allclose(np.array(expected), subsampled[: len(expected)], atol=1e-6)
