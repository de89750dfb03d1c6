from functools import partial
from operator import ge

from meeting_service.bench.search import Search, search


def test_finds_the_largest_number() -> None:
    """From any first guess the answer is the last number that works, or a little less."""
    for limit in (1, 2, 7, 40, 100):
        for first in (1, 10, 64):
            found = search(partial(ge, limit), first, 12)

            assert found.complete
            assert 0.9 * limit - 1 <= found.capacity <= limit


def test_stops_after_so_many_tries() -> None:
    """What was found by then is a lower bound."""
    tried: list[int] = []

    def try_out(number: int) -> bool:
        tried.append(number)
        return True

    assert Search(32, complete=False) == search(try_out, 8, 3)
    assert [8, 16, 32] == tried


def test_goes_on_from_what_is_known() -> None:
    """A number known to work is not tried, and is the answer where no other works."""
    tried: list[int] = []

    def try_out(number: int) -> bool:
        tried.append(number)
        return False

    assert Search(1, complete=True) == search(try_out, 1, 5, good=1)
    assert [2] == tried


def test_finds_that_nobody_fits() -> None:
    """Where not even one is in time the capacity is 0."""
    assert Search(0, complete=True) == search(lambda _: False, 4, 9)
