"""How near the encoder comes to what the machine's own matrix product does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mlx.core as mx
import numpy as np

from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.part import Part
from meeting_service.bench.timing import Took, interleave, least_wall_s, median_cpu_s
from meeting_service.recogniser import Recogniser
from meeting_service.recogniser.blas import count_cores, use_threads
from meeting_service.recogniser.device import open_device
from meeting_service.recogniser.encoder import Encoder

LENGTHS_FRAMES = (38, 75, 150)
"""encoder frames of a window: 3, 6 and 12 s"""
PRODUCT_SIZE = 2_048
"""of the square matrices whose product is the measure"""
_KERNEL = 3


@dataclass(frozen=True, slots=True)
class Rate:
    """Floating-point operations and what they took."""

    flops: float
    took: list[Took]

    @property
    def by_wall(self) -> float:
        """Operations per second by the clock, in the round least disturbed."""
        return self.flops / least_wall_s(self.took)

    @property
    def by_cpu(self) -> float:
        """Operations per second of CPU."""
        return self.flops / median_cpu_s(self.took)


def count_flops(conformer: Any, frames: int) -> float:
    """Multiplications and additions that encode one window of so many encoder frames."""
    args = conformer.args
    width, wide = args.d_model, args.d_model * args.ff_expansion_factor
    products = 2 * 2 * width * wide + 4 * width**2 + 3 * width**2  # feed-forward twice, attention, pointwise
    attention = width * (frames + (2 * frames - 1) + frames)  # scores by content and by distance, mixing
    layer = 2 * (products + attention + width * args.conv_kernel_size)
    return float(frames * (args.n_layers * layer + _subsampling_flops(args)))


def _subsampling_flops(args: Any) -> float:
    """For one encoder frame: a strided convolution, then pairs of a depthwise and a pointwise one."""
    channels, bins = args.subsampling_conv_channels, args.feat_in // 2
    rows = args.subsampling_factor // 2
    total = rows * bins * channels * _KERNEL**2
    while rows > 1:
        rows, bins = rows // 2, bins // 2
        total += rows * bins * channels * (_KERNEL**2 + channels)
    return float(2 * (total + channels * bins * args.d_model))


def measure_rates(recogniser: Recogniser, rounds: int) -> tuple[Rate, dict[int, Rate]]:
    """The product's rate, and the encoder's by length; in turns."""
    conformer = recogniser.model.network.encoder
    encoder = recogniser.encoder
    dtype = getattr(mx, recogniser.model.weights)
    ways: dict[str, Callable[[], object]] = {"product": _product(dtype)}
    for frames in LENGTHS_FRAMES:
        ways[str(frames)] = _encoding(encoder, conformer.args, frames)
    interleave(ways, 1)
    took = interleave(ways, rounds)
    rates = {frames: Rate(count_flops(conformer, frames), took[str(frames)]) for frames in LENGTHS_FRAMES}
    return Rate(2.0 * PRODUCT_SIZE**3, took["product"]), rates


def _product(dtype: mx.Dtype) -> Callable[[], object]:
    """By what the encoder multiplies with: NumPy on a CPU, on all its cores; MLX on a GPU."""
    draw = np.random.default_rng(0)
    a, b = (draw.standard_normal((PRODUCT_SIZE, PRODUCT_SIZE), np.float32) for _ in "ab")
    if open_device().on_gpu:
        x, y = (mx.array(matrix).astype(dtype) for matrix in (a, b))
        mx.eval(x, y)
        return lambda: mx.eval(x @ y)

    def multiply() -> None:
        use_threads(count_cores())
        a @ b
        use_threads(1)

    return multiply


def _encoding(encoder: Encoder, args: Any, frames: int) -> Callable[[], object]:
    length = frames * args.subsampling_factor
    mel = np.random.default_rng(frames).standard_normal((1, length, args.feat_in), np.float32)
    return lambda: mx.eval(encoder(mel, [length]))


def _run(context: Context) -> Iterator[Figure]:
    recogniser = context.full_size
    context.say("matrix products and windows in turn")
    product, rates = measure_rates(recogniser, context.choose(4, 12))
    yield _figure(product, rates)


def _figure(product: Rate, rates: dict[int, Rate]) -> Figure:
    flops = sum(rate.flops for rate in rates.values())
    by_wall = flops / sum(rate.flops / rate.by_wall for rate in rates.values()) / product.by_wall
    by_cpu = flops / sum(rate.flops / rate.by_cpu for rate in rates.values()) / product.by_cpu
    note = (
        f"full-size model; products of {PRODUCT_SIZE} x {PRODUCT_SIZE}: {_giga(product.by_wall)} GFLOP/s; "
        "the lower of by clock and by CPU time"
    )
    columns = ("window s", "GFLOP", "GFLOP/s", "÷ product", "the same by CPU time")
    rows = tuple(_row(frames, rate, product) for frames, rate in rates.items())
    details = {
        "product_gflops": product.by_wall / 1e9,
        "by_wall": by_wall,
        "by_cpu": by_cpu,
        "by_frames": {str(frames): rate.by_wall / product.by_wall for frames, rate in rates.items()},
    }
    return Figure("gemm_fraction", min(by_wall, by_cpu), note, rows=Rows(columns, rows), details=details)


def _row(frames: int, rate: Rate, product: Rate) -> tuple[str, ...]:
    return (
        f"{0.08 * frames:.0f}",
        f"{rate.flops / 1e9:.0f}",
        _giga(rate.by_wall),
        f"{rate.by_wall / product.by_wall:.2f}",
        f"{rate.by_cpu / product.by_cpu:.2f}",
    )


def _giga(per_second: float) -> str:
    return f"{per_second / 1e9:.0f}"


PART = Part("encoder", "the encoder beside a matrix product", ("gemm_fraction",), 0.4, _run)
