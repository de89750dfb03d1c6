import numpy as np
import pytest

from meeting_service.recognition import Samples
from meeting_service.segmenter.held import HeldAudio


def ramp(start: int, end: int) -> Samples:
    """Samples that are their own position."""
    return np.arange(start, end, dtype=np.float32)


def test_positions_are_those_of_the_stream() -> None:
    """What was appended is read back by its position, across pieces."""
    held = HeldAudio(1_000)
    held.append(ramp(1_000, 1_300))
    held.append(ramp(1_300, 2_000))

    assert 2_000 == held.end
    np.testing.assert_array_equal(ramp(1_250, 1_350), held.read(1_250, 1_350))


def test_what_was_let_go_is_not_held() -> None:
    """Reading before the start, or after the end, says so instead of giving other samples."""
    held = HeldAudio(0)
    held.append(ramp(0, 100))
    held.discard_before(40)

    np.testing.assert_array_equal(ramp(40, 100), held.read(40, 100))
    with pytest.raises(ValueError, match="39 to 50 are not held, 40 to 100 are"):
        held.read(39, 50)
    with pytest.raises(ValueError, match="not held"):
        held.read(90, 101)


def test_room_follows_what_is_held() -> None:
    """A window that moves on for long takes no more room than at first, and a big piece is forgotten."""
    held = HeldAudio(0)
    for start in range(0, 400_000, 1_000):
        held.append(ramp(start, start + 1_000))
        held.discard_before(start - 5_000)
    assert held.capacity_samples <= 1 << 15

    held.append(ramp(400_000, 4_000_000))
    held.discard_before(3_990_000)

    assert held.capacity_samples <= 1 << 15
    np.testing.assert_array_equal(ramp(3_999_000, 4_000_000), held.read(3_999_000, 4_000_000))
