import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest

from meeting_service.recogniser.kernels import attend, convolve_channels, glu, silu

X = np.concatenate([np.linspace(-100, 100, 20_001), [-1e30, -87.5, 87.5, 1e30, 0.0]]).astype(np.float32)


def draw(*shape: int) -> mx.array:
    """Numbers from nowhere."""
    return mx.array(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


def test_a_gate_is_the_definition() -> None:
    """One, gated, is right to five digits of its value down to exp(-80), small beyond, and never NaN."""
    exact = 1 / (1 + np.exp(-np.clip(X, -80, None).astype(np.float64)))

    computed = np.array(glu(mx.ones(X.shape), mx.array(X)))

    np.testing.assert_allclose(computed[X > -80], exact[X > -80], rtol=1e-5)
    assert np.isfinite(computed).all()
    assert (computed[X <= -80] < 1e-30).all()


@pytest.mark.parametrize("dtype", [mx.float32, mx.bfloat16])
def test_silu_and_glu_are_upstreams(dtype: mx.Dtype) -> None:
    """They agree with MLX's own, in the precision they are given."""
    x = mx.array(X[None, :20_000]).astype(dtype)

    for ours, theirs in ((silu(x), nn.silu(x)), (glu(*mx.split(x, 2, axis=-1)), nn.glu(x, axis=-1))):
        assert dtype == ours.dtype
        np.testing.assert_allclose(
            np.array(ours.astype(mx.float32)),
            np.array(theirs.astype(mx.float32)),
            rtol=1e-5 if dtype == mx.float32 else 2e-2,
            atol=1e-6,
        )


def test_attention_is_mlxs_own() -> None:
    """Scores far apart, forbidden ones and rows without any allowed one included."""
    queries, keys, values = (draw(2, 3, 17, 8) * scale for scale in (20.0, 1.0, 1.0))
    bias = mx.where(mx.arange(17)[None, :] < mx.array([0, 9])[:, None], 0.0, -1e9)[:, None, None]
    bias = mx.broadcast_to(bias, (2, 3, 17, 17))
    expected = mx.fast.scaled_dot_product_attention(queries, keys, values, scale=0.35, mask=bias)

    np.testing.assert_allclose(
        np.array(expected), np.array(attend(queries, keys, values, 0.35, bias)), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("time", [1, 4, 30])
def test_channels_are_convolved_as_by_mlx(time: int) -> None:
    """Each by its own taps, zeros beyond the ends, however short the window."""
    x, taps = draw(2, time, 6), draw(6, 9, 1)
    expected = mx.conv1d(x, taps, padding=4, groups=6)

    np.testing.assert_allclose(np.array(expected), np.array(convolve_channels(x, taps)), atol=1e-5)
