"""How fast messages are read; time is an argument."""

from meeting_service.web.allowance import BURST_S, SHORTEST_WAIT_S, Allowance

RATE = 100.0


def test_who_keeps_to_the_rate_never_waits() -> None:
    """Nor who catches up with what was saved up."""
    allowance = Allowance(0.0)
    burst = [allowance.take(RATE, 0.0) for _ in range(round(RATE * BURST_S))]
    steady = [allowance.take(RATE, n / RATE) for n in range(1, 1_000)]

    assert {0.0} == {*burst, *steady}


def test_a_flood_is_held_to_the_rate() -> None:
    """Waits are worth their while and add up to the time that so many messages may take."""
    allowance, now_s, waits = Allowance(0.0), 0.0, []
    for _ in range(1_000):
        if wait_s := allowance.take(RATE, now_s):
            waits.append(wait_s)
            now_s += wait_s

    assert min(waits) >= SHORTEST_WAIT_S
    assert abs(now_s - (1_000 / RATE - BURST_S)) < 0.1


def test_a_rate_that_grows_counts_at_once() -> None:
    """With more streams a socket may say more."""
    allowance = Allowance(0.0)
    for _ in range(round(RATE * BURST_S) + 50):
        allowance.take(RATE, 0.0)

    assert allowance.take(10 * RATE, 0.1) == 0.0
