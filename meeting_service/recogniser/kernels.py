"""The encoder's small operations, quick on every device.

A GPU has them ready. On a CPU MLX computes exponentials one element at a time, which made them the dearest
part of the encoder: a polynomial and a shift of the exponent are four times as fast, and differ in the sixth
digit. Of depthwise convolutions it computes one number at a time, too; all taps at once take a third.
"""

import mlx.core as mx
import numpy as np

_LOG2_E = 1.4426950408889634
_LARGEST = 120.0
"""Powers of two up to this one, and their reciprocals, are ordinary single precision numbers."""

_MANTISSA_BITS = 23
_ROUNDING = 1.5 * 2**_MANTISSA_BITS
"""Added to a number it leaves the nearest integer in the last bits of the sum."""

_POWER_OF_2 = tuple(
    float(coefficient)
    for coefficient in np.polynomial.Chebyshev.interpolate(np.exp2, 5, domain=[-0.5, 0.5])
    .convert(kind=np.polynomial.Polynomial)
    .coef[::-1]
)
"""2^x on [-0.5, 0.5] as a polynomial, highest power first."""


def silu(x: mx.array) -> mx.array:
    """`x * sigmoid(x)`."""
    return glu(x, x)


def glu(values: mx.array, gates: mx.array) -> mx.array:
    """`values * sigmoid(gates)`."""
    if _has_slow_exponentials(gates):
        return values / (1.0 + _power_of_2(gates * -_LOG2_E))
    return values * mx.sigmoid(gates)


def attend(queries: mx.array, keys: mx.array, values: mx.array, scale: float, bias: mx.array) -> mx.array:
    """Attention of `(batch, heads, time, head_width)`; `bias` is added to the scores."""
    if not _has_slow_exponentials(queries):
        return mx.fast.scaled_dot_product_attention(queries, keys, values, scale=scale, mask=bias)
    scores = (queries * scale) @ keys.swapaxes(-2, -1) + bias
    weights = _power_of_2((scores - scores.max(axis=-1, keepdims=True)) * _LOG2_E)
    return (weights @ values) / weights.sum(axis=-1, keepdims=True)


def convolve_channels(x: mx.array, taps: mx.array) -> mx.array:
    """Each channel of `(batch, time, channels)` by its own taps, `(channels, taps, 1)`; zeros at the ends."""
    batch, time, channels = x.shape
    count = taps.shape[1]
    padded = mx.pad(x, [(0, 0), (count // 2, count // 2), (0, 0)])
    if not _is_cpu():
        return mx.conv1d(padded, taps, groups=channels)
    strides = ((time + count - 1) * channels, channels, channels, 1)
    seen = mx.as_strided(padded, (batch, time, count, channels), strides)
    return (seen * taps[:, :, 0].T).sum(axis=2)


def _has_slow_exponentials(x: mx.array) -> bool:
    return x.dtype == mx.float32 and _is_cpu()


def _is_cpu() -> bool:
    return mx.default_device().type == mx.cpu


def _power_of_2(x: mx.array) -> mx.array:
    x = mx.clip(x, -_LARGEST, _LARGEST)
    shifted = x + _ROUNDING
    rest = x - (shifted - _ROUNDING)
    power = mx.array(_POWER_OF_2[0])
    for coefficient in _POWER_OF_2[1:]:
        power = power * rest + coefficient
    return mx.view(mx.view(power, mx.int32) + (mx.view(shifted, mx.int32) << _MANTISSA_BITS), mx.float32)
