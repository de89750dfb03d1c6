"""Comparisons."""

from meeting_service.bench.timing import Took, interleave, least_wall_s, median_cpu_s, time_once


def _burn(count: int) -> int:
    return sum(i * i for i in range(count))


def test_ways_take_turns() -> None:
    """A B A B, each as often as asked."""
    called: list[str] = []
    took = interleave({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, 2)

    assert called == ["a", "b", "a", "b"]
    assert [len(each) for each in took.values()] == [2, 2]


def test_work_takes_cpu() -> None:
    """More work takes more of it."""
    assert time_once(lambda: _burn(3_000_000)).cpu_s > time_once(lambda: _burn(30)).cpu_s


def test_the_middle_and_the_least() -> None:
    """CPU time is that of the round in the middle, time by the clock that of the shortest."""
    took = [Took(1, 9), Took(3, 5), Took(20, 7)]

    assert median_cpu_s(took) == 3
    assert least_wall_s(took) == 5
