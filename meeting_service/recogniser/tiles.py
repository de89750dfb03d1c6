"""Products with a weight matrix in NumPy: many small ones instead of a large one.

A BLAS copies the weights into an order of its own before it multiplies, in every call. For the few frames of
a window that costs as much as the product. With AVX-512, OpenBLAS multiplies small matrices as they lie, so
weights are stored in blocks of columns, and rows come in tiles, just small enough for that. 25 rows with a
matrix of 1024 by 4096 run at 100 GFLOP/s a core instead of 43, 100 rows at 100 instead of 79. Where there are
no such kernels, one block and one tile are quicker.
"""

import numpy as np
from numpy.typing import NDArray

from meeting_service.recogniser.blas import has_small_products

Matrix = NDArray[np.float32]
Vector = NDArray[np.float32]

_SMALL = 1_000_000
"""Rows times inputs times outputs up to which OpenBLAS has kernels for small matrices."""
_MOST_ROWS = 30
_LANES = 16
"""Blocks are multiples of what a register holds."""


class TiledProduct:
    """`x @ weight.T + bias`."""

    def __init__(self, weight: Matrix, bias: Vector | None = None) -> None:
        """Copies `weight`, `(outputs, inputs)`, block by block."""
        outputs, inputs = weight.shape
        columns = _columns(outputs, inputs) if has_small_products() else outputs
        blocks = weight.reshape(outputs // columns, 1, columns, inputs)
        self._blocks = np.ascontiguousarray(blocks.swapaxes(-2, -1))
        self._bias = bias

    def __call__(self, x: Matrix) -> Matrix:
        """`(time, inputs)` to `(time, outputs)`; quick if `tiled_length` made `time`."""
        time, inputs = x.shape
        blocks, _, _, columns = self._blocks.shape
        tiles = _tiles(time) if blocks > 1 and time % _tiles(time) == 0 else 1
        tiles_of_x = x.reshape(tiles, -1, inputs)
        product = np.empty((tiles, time // tiles, blocks, columns), np.float32)
        np.matmul(tiles_of_x, self._blocks, out=product.transpose(2, 0, 1, 3))
        joined = product.reshape(time, -1)
        if self._bias is not None:
            joined += self._bias
        return joined


def tiled_length(time: int) -> int:
    """The least length that is no shorter and that equal tiles make up."""
    tiles = _tiles(time)
    return -(-time // tiles) * tiles


def _tiles(time: int) -> int:
    return -(-time // _MOST_ROWS)


def _columns(outputs: int, inputs: int) -> int:
    """The widest block that divides the outputs and stays small."""
    widest = min(_SMALL // (_MOST_ROWS * inputs), outputs)
    widths = range(widest - widest % _LANES, 0, -_LANES)
    return next((width for width in widths if outputs % width == 0), outputs)
