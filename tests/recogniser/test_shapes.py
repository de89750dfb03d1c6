from itertools import pairwise

from meeting_service.recogniser.shapes import LADDER_FRAMES, rung


def test_a_rung_holds_its_window() -> None:
    """No window is longer than the rung it gets, and no lower rung would do."""
    for frames in range(LADDER_FRAMES[-1] + 1):
        below = max((length for length in LADDER_FRAMES if length < rung(frames)), default=-1)

        assert below < frames <= rung(frames) or rung(frames) == LADDER_FRAMES[0]


def test_beyond_the_ladder() -> None:
    """A window longer than the ladder gets a whole number of its longest rung."""
    assert 2 * LADDER_FRAMES[-1] == rung(LADDER_FRAMES[-1] + 1)


def test_padding_is_bounded() -> None:
    """From two seconds on a window is padded by at most half of its length."""
    for low, high in pairwise(LADDER_FRAMES):
        assert low < 25 or high / (low + 1) <= 1.5
