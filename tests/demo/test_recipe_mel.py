"""The recipe's filter bank against the recogniser's."""

import numpy as np

from meeting_service.demo.recipe.mel import mel_bank
from meeting_service.recogniser.features import mel_filters


def test_training_and_service_hear_with_the_same_filters() -> None:
    """Unstretched, the bank of the recipe is the recogniser's."""
    np.testing.assert_allclose(mel_filters(16_000, 512, 80), mel_bank(), atol=1e-7)


def test_a_stretched_axis_moves_the_filters() -> None:
    """A factor above one lets every band hear lower frequencies."""
    plain, stretched = mel_bank().argmax(0), mel_bank(warp=1.1).argmax(0)

    assert (stretched <= plain).all()
    assert stretched[-10:].mean() < plain[-10:].mean()
