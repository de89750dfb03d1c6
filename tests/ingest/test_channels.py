"""Several microphones of one participant."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.ingest import mix_down


def test_one_channel_stays_as_it_is() -> None:
    """Nothing is computed where there is nothing to mix."""
    assert mix_down(np.array([[-32_768], [5]], np.int16)).tolist() == [-32_768, 5]


def test_the_mean_is_rounded() -> None:
    """Halves round upwards, and loud channels do not overflow."""
    pcm = np.array([[1, 2], [-1, -2], [32_767, 32_767], [-32_768, -32_768], [3, 3]], np.int16)

    assert mix_down(pcm).tolist() == [2, -1, 32_767, -32_768, 3]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(-32_768, 32_767), min_size=3, max_size=3), min_size=1, max_size=20))
def test_the_mean_is_within_half_a_step(rows: list[list[int]]) -> None:
    """It is the mean, to the nearest integer."""
    pcm = np.array(rows, np.int16)

    assert np.abs(mix_down(pcm) - pcm.mean(axis=1)).max() <= 0.5
