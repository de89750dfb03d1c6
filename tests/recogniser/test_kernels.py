import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest

from meeting_service.recogniser.activations import glu, sigmoid, silu

X = np.concatenate([np.linspace(-100, 100, 20_001), [-1e30, -87.5, 87.5, 1e30, 0.0]]).astype(np.float32)


def test_sigmoid_is_the_definition() -> None:
    """It is right to five digits of its value down to exp(-80), small beyond, and never NaN."""
    exact = 1 / (1 + np.exp(-np.clip(X, -80, None).astype(np.float64)))

    computed = np.array(sigmoid(mx.array(X)))

    np.testing.assert_allclose(computed[X > -80], exact[X > -80], rtol=1e-5)
    assert np.isfinite(computed).all()
    assert (computed[X <= -80] < 1e-30).all()


@pytest.mark.parametrize("dtype", [mx.float32, mx.bfloat16])
def test_silu_and_glu_are_upstreams(dtype: mx.Dtype) -> None:
    """They agree with MLX's own, in the precision they are given."""
    x = mx.array(X[None, :20_000]).astype(dtype)

    for ours, theirs in ((silu(x), nn.silu(x)), (glu(x), nn.glu(x, axis=-1))):
        assert dtype == ours.dtype
        np.testing.assert_allclose(
            np.array(ours.astype(mx.float32)),
            np.array(theirs.astype(mx.float32)),
            rtol=1e-5 if dtype == mx.float32 else 2e-2,
            atol=1e-6,
        )
