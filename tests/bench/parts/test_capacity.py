from meeting_service.bench.delays import Delays
from meeting_service.bench.parts.capacity import Curve, draw, guess
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


def test_guesses_by_what_one_costs() -> None:
    """Three fifths of two cores hold six people of 200 ms a second each."""
    assert 6 == guess(held(100, cpu_s=2), cores=2)


def test_draws_the_curve() -> None:
    """Every number that was tried is a point of each line."""
    curve: Curve = {1: held(100), 8: held(400), 16: held(1_400)}

    svg = draw(curve, 8)

    assert 4 * 3 == svg.count("<circle")
    assert "capacity 8<" in svg
