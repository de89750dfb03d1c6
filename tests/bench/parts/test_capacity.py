from functools import partial
from operator import ge

from meeting_service.bench.delays import Delays
from meeting_service.bench.parts.capacity import Curve, Search, draw, guess, search
from meeting_service.bench.processes import Usage
from meeting_service.bench.rehearsal import SETTLE_S, Rehearsal
from meeting_service.bench.served import ServedUsage


def held(drafts_ms: float, *, cpu_s: float = 0.0) -> Rehearsal:
    """A rehearsal of 10 s after everybody was there, with equal delays."""
    used, none = Usage(cpu_s / 2, 0), Usage(0, 0)
    return Rehearsal(
        meetings=("m",),
        seconds=10 + SETTLE_S,
        speech_s=5,
        delays=Delays([drafts_ms], [drafts_ms] * 20, [drafts_ms], [2 * drafts_ms] * 20),
        begun=ServedUsage(none, none),
        settled=ServedUsage(none, none),
        played=ServedUsage(used, used),
        steady_s=10,
        done=ServedUsage(used, used),
        refusals=0,
        late_ms=1,
        bots_cpu_s=0,
    )


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


def test_guesses_by_what_one_costs() -> None:
    """Three fifths of two cores hold six people of 200 ms a second each."""
    assert 6 == guess(held(100, cpu_s=2), cores=2)


def test_draws_the_curve() -> None:
    """Every number that was tried is a point of each line."""
    curve: Curve = {1: held(100), 8: held(400), 16: held(1_400)}

    svg = draw(curve, 8)

    assert 4 * 3 == svg.count("<circle")
    assert "capacity 8<" in svg
