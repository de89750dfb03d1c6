"""From a stream's own rate to another, as a pure function of position.

A streaming filter's state would die with the process, and the samples after a restart would differ. So
the stream is cut into blocks whose edges are exact positions at both rates, and each block is computed
alone, from a window that reaches over both its edges by more than the filter does. The same input gives
the same output bit for bit, whatever was asked for and whatever came when.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from math import gcd

import numpy as np
import soxr
from numpy.typing import NDArray

from meeting_service.audio import RECOGNITION_RATE_HZ, Pcm
from meeting_service.recognition import Samples

_OVERLAP_S = 0.02
"""more than the filter's reach at any rate: 12 ms at 8 kHz"""
_STEPS_PER_S = 25
_FEWEST_STEPS_PER_S = 5
_BATCH = 32
_FULL_SCALE = np.float32(1 / 32_768)

Source = Callable[[int, int], Pcm]
"""Reads native samples `[start, end)`."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Output `[start, end)` and the native window it is computed from."""

    start: int
    end: int
    window_start: int
    """may be negative: before a stream there is silence"""
    window_end: int
    offset: int
    """output samples from the window's start to the block's"""


class Resampler:
    """Samples at `to_hz` of a stream at `rate_hz`. Has no state; any thread may call it.

    At the stream's own rate it is the identity. Else what has come is known up to a block (40 ms at usual
    rates; 200 ms at rates that share no common divisor) and 20 ms before its end.
    """

    def __init__(self, rate_hz: int, to_hz: int = RECOGNITION_RATE_HZ) -> None:
        self._rate_hz = rate_hz
        self._to_hz = to_hz
        divisor = gcd(rate_hz, to_hz)
        self._up = to_hz // divisor
        self._down = rate_hz // divisor
        step, longest = to_hz // _STEPS_PER_S, to_hz // _FEWEST_STEPS_PER_S
        periods = -(-step // self._up)
        self._period = self._up * periods
        """output samples after which a block edge is again an exact native position"""
        self._native_period = self._down * periods
        self._step = min(self._period, longest)
        self._overlap = -(-int(rate_hz * _OVERLAP_S) // self._down)
        """units of `down` native samples, and so of `up` output samples, before a block"""

    def available(self, through: int, *, finished: bool) -> int:
        """How many samples come out that are known once `through` native ones are held.

        `finished` says that no more will come: then what lies after the end is silence.
        """
        if finished or self._up == self._down:
            return -(-through * self._up // self._down)
        known = max(through // self._native_period - 2, 0) * self._period
        while (block := self._block_at(known)).window_end <= through:
            known = block.end
        return known

    def read(self, source: Source, start: int, end: int, *, through: int, finished: bool) -> Samples:
        """Samples `[start, end)` of what comes out, float32 in [-1, 1].

        Args:
            source: holds the native samples `[0, through)`.
            start: first output sample.
            end: output sample after the last.
            through: native samples that are held.
            finished: whether no more will come.

        Raises:
            ValueError: part of it is not known yet.
        """
        if not 0 <= start <= end <= self.available(through, finished=finished):
            raise ValueError(f"samples {start} to {end} are not known from {through} native ones")
        if self._up == self._down:
            return source(start, end).astype(np.float32) * _FULL_SCALE
        out = np.empty(end - start, np.float32)
        for _, same in groupby(
            self._blocks(start, end), key=lambda block: (block.offset, block.end - block.start)
        ):
            for batch in _batches(same):
                self._fill(out, start, batch, source, through)
        return out

    def _fill(self, out: Samples, start: int, batch: list[_Block], source: Source, through: int) -> None:
        """Compute blocks of one shape in one call; put what is wanted into `out`, which begins at `start`."""
        native = _read_padded(source, batch[0].window_start, batch[-1].window_end, through)
        base = batch[0].window_start
        windows = np.stack([native[b.window_start - base : b.window_end - base] for b in batch], axis=1)
        computed = self._resample(windows)  # (output samples, blocks)
        for column, block in enumerate(batch):
            first, last = max(block.start, start), min(block.end, start + len(out))
            shift = block.offset - block.start
            out[first - start : last - start] = computed[first + shift : last + shift, column]

    def _resample(self, windows: Pcm) -> NDArray[np.float32]:
        """Each column is filtered by itself, so a block does not depend on those computed with it."""
        if not windows.any():
            return np.zeros((-(-len(windows) * self._up // self._down), windows.shape[1]), np.float32)
        scaled = windows.astype(np.float32) * _FULL_SCALE
        computed: NDArray[np.float32] = soxr.resample(scaled, self._rate_hz, self._to_hz, quality="HQ")
        return computed.clip(-1.0, 1.0)

    def _blocks(self, start: int, end: int) -> Iterator[_Block]:
        while start < end:
            block = self._block_at(start)
            yield block
            start = block.end

    def _block_at(self, position: int) -> _Block:
        """The block that holds an output position."""
        period, within = divmod(position, self._period)
        start = within - within % self._step
        end = min(start + self._step, self._period)
        # Windows begin at the period's edge, not the block's: only there both rates share a position.
        origin = period * self._native_period
        reach = -(-end * self._down // self._up) + int(self._rate_hz * _OVERLAP_S)
        return _Block(
            period * self._period + start,
            period * self._period + end,
            origin - self._overlap * self._down,
            origin + reach,
            self._overlap * self._up + start,
        )


def _read_padded(source: Source, start: int, end: int, through: int) -> Pcm:
    """Native samples `[start, end)`; silence before the stream and after what is held."""
    first, last = min(max(start, 0), through), min(end, through)
    pcm = np.zeros(end - start, np.int16)
    pcm[first - start : last - start] = source(first, last)
    return pcm


def _batches(blocks: Iterator[_Block]) -> Iterator[list[_Block]]:
    batch: list[_Block] = []
    for block in blocks:
        batch.append(block)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
