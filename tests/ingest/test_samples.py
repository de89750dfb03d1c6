"""Sample formats against the arithmetic of their definitions."""

import struct

import numpy as np
import pytest

from meeting_service.ingest import samples
from meeting_service.ingest.samples import NotFinite

EVERY_INT16 = np.arange(-32_768, 32_768).astype(np.int16)


def test_16_bits_come_through_every_width() -> None:
    """What was int16 is the same int16 after any wider format, integer or float."""
    wide = EVERY_INT16.astype(np.int32)
    packed_24 = (wide << 8).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    floats = EVERY_INT16 / np.float64(32_768)

    assert np.array_equal(samples.S16LE.to_int16(EVERY_INT16.astype("<i2").tobytes()), EVERY_INT16)
    assert np.array_equal(samples.S16BE.to_int16(EVERY_INT16.astype(">i2").tobytes()), EVERY_INT16)
    assert np.array_equal(samples.S24LE.to_int16(packed_24), EVERY_INT16)
    assert np.array_equal(samples.S32LE.to_int16((wide << 16).astype("<i4").tobytes()), EVERY_INT16)
    assert np.array_equal(samples.F32LE.to_int16(floats.astype("<f4").tobytes()), EVERY_INT16)
    assert np.array_equal(samples.F64LE.to_int16(floats.astype("<f8").tobytes()), EVERY_INT16)


def test_8_bits_are_unsigned() -> None:
    """128 is silence, 0 and 255 the extremes."""
    assert samples.U8.to_int16(bytes([0, 127, 128, 255])).tolist() == [-32_768, -256, 0, 32_512]


def test_integers_are_rounded() -> None:
    """Half a step rounds upwards and the largest values do not wrap."""
    wide = struct.pack("<5i", 0x7FFF, 0x8000, -0x8000, -0x8001, 0x7FFFFFFF)

    assert samples.S32LE.to_int16(wide).tolist() == [0, 1, 0, -1, 32_767]
    assert samples.S24LE.to_int16(b"\x7f\x00\x00\x80\x00\x00\xff\xff\x7f").tolist() == [0, 1, 32_767]


def test_floats_are_rounded_and_clipped() -> None:
    """Halves go to even; full scale and beyond, however far, is the largest value."""
    step = 1 / 32_768
    values = np.array(
        [0.5 * step, 1.5 * step, 0.4 * step, -0.6 * step, 1.0, 1.5, -1.0, -9.0, 3e38, -0.0], "<f4"
    )

    assert samples.F32LE.to_int16(values.tobytes()).tolist() == [
        *(0, 2, 0, -1),
        *(32_767, 32_767, -32_768, -32_768, 32_767, 0),
    ]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_no_numbers_are_found(bad: float) -> None:
    """NaN and infinity are named by their place."""
    values = np.array([0.0, 0.5, bad, bad], "<f4")
    with pytest.raises(NotFinite) as found:
        samples.F32LE.to_int16(values.tobytes())
    assert found.value.index == 2
