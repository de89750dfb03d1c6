"""When a child is stuck, and when the next one is started."""

from collections.abc import Iterable

from meeting_service.worker.blackboard import Doing
from meeting_service.worker.watch import Patience, RestartPace, Watch

PATIENCE = Patience(look_s=1, silent_s=30, stuck_s=30, stuck_times=20, loading_s=600, stable_s=60)


def doing(beats: int = 0, batch: int = 1, expected_s: float = 0.0, cpu_s: float = 0.0) -> Doing:
    """What the blackboard says."""
    return Doing(beats, cpu_s, batch, expected_s, ())


def look_until_stuck(watch: Watch, said: Iterable[Doing]) -> tuple[int, str | None]:
    """After how many looks a working child is to be ended, and why."""
    for number, seen in enumerate(said):
        if reason := watch.look_at_work(seen):
            return number, reason
    return -1, None


def test_a_child_that_beats_and_ends_its_batches_works() -> None:
    """For as long as it likes, also with a batch at every look."""
    said = (doing(beats=n, batch=n, expected_s=0.1) for n in range(1_000))

    assert (-1, None) == look_until_stuck(Watch(PATIENCE), said)


def test_a_child_that_stands_still_is_noticed() -> None:
    """As one that was stopped: its heart does not beat."""
    assert (30, "does nothing") == look_until_stuck(Watch(PATIENCE), [doing(7)] * 1_000)


def test_a_batch_may_take_as_long_as_it_can_explain() -> None:
    """Half a minute whatever its size, or twenty times as long as its size takes."""
    for expected_s, allowed in ((0.01, 30), (1.5, 30), (10.0, 200)):
        said = (doing(beats=n, expected_s=expected_s) for n in range(1_000))

        assert (allowed, "takes too long over a batch") == look_until_stuck(Watch(PATIENCE), said)


def test_a_machine_that_slept_loses_a_child_nothing() -> None:
    """Looks are counted, not seconds: hours between two of them are one."""
    watch = Watch(PATIENCE)
    before = [watch.look_at_work(doing(beats=7, expected_s=1.0)) for _ in range(25)]

    assert [None] * 25 == before
    assert watch.look_at_work(doing(beats=8, expected_s=1.0)) is None


def test_loading_takes_as_long_as_it_gets_on() -> None:
    """An hour with some computing now and then; ten minutes with none, however its heart beats."""
    slow, idle = Watch(PATIENCE), Watch(PATIENCE)

    assert not any(slow.look_at_loading(doing(beats=n, cpu_s=n * 0.01)) for n in range(3_600))
    waited = [idle.look_at_loading(doing(beats=n, cpu_s=0.1)) for n in range(601)]
    assert [None] * 599 == waited[:599]
    assert "does not get on with loading" == waited[599]


def test_restarts_come_slower_while_children_die_young() -> None:
    """Up to a limit; a child that lived for a while makes up for all before it, and so does a cause found."""
    pace = RestartPace((0.0, 1.0, 5.0), stable_s=60)

    assert [0.0, 1.0, 5.0, 5.0] == [pace.died(lived_s) for lived_s in (0.0, 2.0, 59.0, 0.0)]
    assert [0.0, 1.0] == [pace.died(60.0), pace.died(0.0)]
    pace.solved()
    assert 0.0 == pace.died(1.0)
