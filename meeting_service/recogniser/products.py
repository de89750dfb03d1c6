"""Products of rows with a matrix, in NumPy, whose bits do not depend on what else is in the batch.

A BLAS chooses its way by the shape of a product, and each way adds in another order. So every product here
has one and the same shape: a tile of a few rows times a block of columns. Blocks are small enough to stay in
the processor's cache while all tiles pass by: a batch reads the matrix from memory once, like a single row.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from meeting_service.recogniser.blas import has_small_products
from meeting_service.recogniser.cores import Cores

Rows = NDArray[np.float32]

_TILED, _SINGLE = (4, 64), (1, 256)
"""Rows and columns of a product. With AVX-512, OpenBLAS multiplies small matrices as they lie: 16 rows of 640
by 8198 columns take 1.5 ms (5.8 row by row, 2.3 in one product), one row 0.38 instead of 0.36. Elsewhere it
copies both first, and single rows by wider blocks are quicker: 3.4 and 0.32 ms."""

_MUCH = 200_000
"""Numbers in the rows times blocks of the matrix that are worth another core: half a millisecond."""


class Linear:
    """`rows @ weight.T + bias`: what a row gives is the same to the last bit alone and in any company."""

    def __init__(self, weight: Rows, bias: Rows, cores: Cores) -> None:
        """`weight` is `(outputs, inputs)`, `bias` `(outputs,)`; `cores` share what there is much of."""
        self.outputs, inputs = weight.shape
        self.tile, block = _shape(inputs)
        blocks = -(-self.outputs // block)
        padded = np.zeros((blocks * block, inputs), np.float32)
        padded[: self.outputs] = weight
        self._blocks = np.ascontiguousarray(padded.reshape(blocks, 1, block, inputs).swapaxes(2, 3))
        self._bias = bias
        self._cores = cores
        half = blocks // 2
        self._halves = [slice(0, half), slice(half, blocks)]

    def __call__(self, rows: Rows) -> Rows:
        """`(rows, inputs)` to `(rows, outputs)`."""
        count, inputs = rows.shape
        tiles = -(-count // self.tile)
        if count % self.tile:
            filled = np.zeros((tiles * self.tile, inputs), np.float32)
            filled[:count] = rows
            rows = filled
        product = self._multiply(rows.reshape(1, tiles, self.tile, inputs))
        width = product.shape[0] * product.shape[3]
        joined: Rows = product.transpose(1, 2, 0, 3).reshape(len(rows), width)[:count, : self.outputs]
        joined += self._bias
        return joined

    def _multiply(self, tiles: Rows) -> Rows:
        """All tiles by all blocks, `(blocks, tiles, tile, block)`."""
        product = np.empty((len(self._blocks), *tiles.shape[1:3], self._blocks.shape[-1]), np.float32)
        little = tiles.shape[1] == 1 or tiles.size * len(self._blocks) < _MUCH
        shares = [slice(None)] if little else self._halves
        self._cores.map(lambda some: np.matmul(tiles, self._blocks[some], out=product[some]), shares)
        return product


@cache
def _shape(inputs: int) -> tuple[int, int]:
    """Rows and columns of every product with that many inputs."""
    tile, block = _TILED
    return _TILED if has_small_products() and _is_fair(tile, block, inputs) else _SINGLE


def _is_fair(tile: int, block: int, inputs: int) -> bool:
    """Whether a row gives the same bits in every place of a tile, beside whatever rows."""
    random = np.random.default_rng(0)
    columns = random.standard_normal((inputs, block)).astype(np.float32)
    rows = random.standard_normal((tile, inputs)).astype(np.float32)
    expected = rows @ columns
    for shift in range(tile):
        alone = np.zeros_like(rows)
        alone[shift] = rows[0]
        turned = np.roll(rows, shift, axis=0) @ columns
        if not np.array_equal(turned, np.roll(expected, shift, axis=0)):
            return False
        if not np.array_equal((alone @ columns)[shift], expected[0]):
            return False
    return True
