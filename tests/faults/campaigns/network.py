"""Each fault of a network in turn, and service restarts, between bots and the service."""

from pathlib import Path

from tests.faults import checker
from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.checker import Exports
from tests.faults.network import NetworkMeeting, Weather, spread
from tests.faults.weathers import NOT_FOR_ALL, WEATHERS

SECONDS = 8.0
"""of audio in each meeting"""


async def run(order: Order) -> Outcome:
    """Each kind of weather so often, over a meeting of its own."""
    calm = await hold_calm(order.folder / "calm", SECONDS)
    failures: list[str] = []
    back_s: dict[str, list[float]] = {name: [] for name in WEATHERS}
    for seed in range(order.seed, order.seed + order.size):
        for name, weather in WEATHERS.items():
            found, back = await hold(order.folder / f"{name}-{seed}", name, weather, seed, SECONDS, calm)
            again = f"tests/faults/run --only network --seed {seed} --size 1"
            failures += [f"{name}, seed {seed}: {failure} (see it again: {again})" for failure in found]
            back_s[name] += back
            order.say(f"   {name}, seed {seed}: {'; '.join(found) or 'kept'}")
    figures = {f"back after {name}, s (median, most)": spread(t) for name, t in back_s.items() if t}
    return Outcome(order.size * len(WEATHERS), failures, figures)


async def hold_calm(folder: Path, seconds: float) -> Exports:
    """The files of a meeting in which nothing happens.

    Raises:
        AssertionError: something was wrong all the same.
    """
    result = await NetworkMeeting(folder, seconds, speed=40).run()
    assert not result.failures, f"wrong in good weather: {result.failures}"
    return result.exports


async def hold(
    folder: Path,
    name: str,
    weather: Weather,
    seed: int,
    seconds: float,
    calm: Exports,
    *,
    speed: float = 6.0,
) -> tuple[list[str], list[float]]:
    """A meeting in this weather: all that is wrong with it, and how long it took to come back."""
    watched = name not in NOT_FOR_ALL
    try:
        meeting = NetworkMeeting(folder, seconds, seed=seed, speed=speed, watched=watched)
        result = await meeting.run(weather)
    except Exception as error:  # the campaign goes on, and says so
        return [f"the meeting did not come to its end: {error!r}"], []
    return [*result.failures, *checker.check_exports(result.exports, calm)], list(result.back_s)


CAMPAIGN = Campaign(
    "network",
    promise=3,
    brief="resets, cuts, half-open, slow and corrupting connections",
    how="a client, posts and the documented bot through resets, cuts at any byte, refusals, half-open "
    "connections, a byte at a time, 20 kB/s, 400±200 ms, changed bytes, slow closes and restarts; every "
    "export byte for byte that of an undisturbed run",
    shown=("back after restarts, s (median, most)",),
    run=run,
    size=10,
)
