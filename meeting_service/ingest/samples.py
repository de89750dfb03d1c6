"""Samples as files and wires write them, to int16.

Integers wider than 16 bits are rounded to the nearest, halves upwards. Floats are scaled by 32768, rounded to
the nearest, halves to even, and clipped: -1.0 is -32768, 1.0 and more is 32767, so what once was int16 comes
back bit for bit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meeting_service.audio import Encoding, Pcm
from meeting_service.ingest.g711 import ALAW, MULAW


class NotFinite(ValueError):
    """A float that is no number; `index` counts samples of all channels."""

    def __init__(self, index: int) -> None:
        super().__init__(f"sample {index} is not a finite number")
        self.index = index


@dataclass(frozen=True, slots=True)
class SampleFormat:
    """One way to write a sample."""

    width: int
    """bytes of one sample"""
    to_int16: Callable[[bytes], Pcm]
    """whole samples to int16; raises NotFinite"""


def float_to_int16(values: NDArray[np.floating]) -> Pcm:
    """Floats of any shape in [-1, 1] to int16.

    Raises:
        NotFinite: NaN or infinity; the index is into the flattened array.
    """
    finite = np.isfinite(values)
    if not finite.all():
        raise NotFinite(int(np.argmin(finite)))
    scaled = np.rint(np.clip(values, -1.0, 1.0) * 32_768)
    pcm: Pcm = np.minimum(scaled, 32_767).astype(np.int16)
    return pcm


def int32_to_int16(values: NDArray[np.int32]) -> Pcm:
    """32-bit integers of any shape to int16."""
    rounded = (values.astype(np.int64) + (1 << 15)) >> 16
    pcm: Pcm = np.minimum(rounded, 32_767).astype(np.int16)
    return pcm


def _s24le(data: bytes) -> Pcm:
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return int32_to_int16(wide.view("<i4").reshape(-1))


def _u8(data: bytes) -> Pcm:
    return ((np.frombuffer(data, np.uint8).astype(np.int16) - 128) << 8).astype(np.int16)


U8 = SampleFormat(1, _u8)
S16LE = SampleFormat(2, lambda data: np.frombuffer(data, "<i2").astype(np.int16))
S16BE = SampleFormat(2, lambda data: np.frombuffer(data, ">i2").astype(np.int16))
S24LE = SampleFormat(3, _s24le)
S32LE = SampleFormat(4, lambda data: int32_to_int16(np.frombuffer(data, "<i4")))
F32LE = SampleFormat(4, lambda data: float_to_int16(np.frombuffer(data, "<f4")))
F64LE = SampleFormat(8, lambda data: float_to_int16(np.frombuffer(data, "<f8")))
MULAW_8 = SampleFormat(1, lambda data: MULAW[np.frombuffer(data, np.uint8)])
ALAW_8 = SampleFormat(1, lambda data: ALAW[np.frombuffer(data, np.uint8)])

WIRE_FORMATS = {
    Encoding.S16LE: S16LE,
    Encoding.S16BE: S16BE,
    Encoding.F32LE: F32LE,
    Encoding.MULAW: MULAW_8,
    Encoding.ALAW: ALAW_8,
}
