import threading

import pytest

from meeting_service.recogniser.cores import Cores


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_results_come_in_the_order_of_the_shares(count: int) -> None:
    """Whichever core was first."""
    cores = Cores(count)

    assert [n * n for n in range(7)] == cores.map(lambda n: n * n, range(7))
    assert [9] == cores.map(lambda n: n * n, [3])


def test_shares_are_computed_side_by_side() -> None:
    """Two shares on two cores can wait for each other."""
    both = threading.Barrier(2, timeout=30)

    Cores(2).map(lambda _: both.wait(), range(2))


def test_a_failure_is_the_callers() -> None:
    """What a share raises on another core is raised to the caller."""
    with pytest.raises(ZeroDivisionError):
        Cores(2).map(lambda n: 1 // n, [1, 0])
