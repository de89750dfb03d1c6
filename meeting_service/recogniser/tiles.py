"""Products with a weight matrix on a CPU: many small ones instead of a large one.

A BLAS copies the weights into an order of its own before it multiplies, in every call. For the few frames of
a window that costs as much as the product. With AVX-512, OpenBLAS multiplies small matrices as they lie, so
weights are stored in blocks of columns, and rows come in tiles, just small enough for that. 25 rows with a
matrix of 1024 by 4096 run at 100 GFLOP/s a core instead of 43, 100 rows at 100 instead of 79. Where there are
no such kernels, the blocks cost nothing.
"""

import mlx.core as mx

_SMALL = 1_000_000
"""Rows times inputs times outputs up to which OpenBLAS has kernels for small matrices."""
_MOST_ROWS, _MOST_INPUTS = 30, 2_048
_LANES = 16
"""Blocks are multiples of what a register holds."""


class TiledProduct:
    """`x @ weight.T + bias`."""

    def __init__(self, weight: mx.array, bias: mx.array | None) -> None:
        """Copies `weight`, `(outputs, inputs)`, block by block."""
        outputs, inputs = weight.shape
        self._blocks = []  # each (blocks, 1, inputs, columns), for some of the inputs
        for start in range(0, inputs, _MOST_INPUTS):
            some = weight[:, start : start + _MOST_INPUTS]
            columns = _columns(outputs, some.shape[1])
            blocks = some.reshape(outputs // columns, 1, columns, -1)
            self._blocks.append(mx.contiguous(blocks.swapaxes(-2, -1)))
        self._bias = bias
        mx.eval(self._blocks, [] if bias is None else bias)

    def __call__(self, x: mx.array) -> mx.array:
        """`(batch, time, inputs)` to `(batch, time, outputs)`."""
        batch, time, inputs = x.shape
        tiles = x.reshape(-1, _rows(time), inputs)
        product = tiles[..., :_MOST_INPUTS] @ self._blocks[0]  # (blocks, tiles, rows, columns)
        for index, blocks in enumerate(self._blocks[1:], 1):
            product = product + tiles[..., index * _MOST_INPUTS :][..., :_MOST_INPUTS] @ blocks
        joined = product.transpose(1, 2, 0, 3).reshape(batch, time, -1)
        return joined if self._bias is None else joined + self._bias


def _columns(outputs: int, inputs: int) -> int:
    """The widest block that divides the outputs and stays small."""
    widest = min(_SMALL // (_MOST_ROWS * inputs), outputs)
    widths = range(widest - widest % _LANES, 0, -_LANES)
    return next((width for width in widths if outputs % width == 0), outputs)


def _rows(time: int) -> int:
    """The tallest tile that divides the time; the ladder's lengths have good ones."""
    return next(rows for rows in range(min(time, _MOST_ROWS), 0, -1) if time % rows == 0)
