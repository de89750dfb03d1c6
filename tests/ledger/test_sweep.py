"""What is deleted when: in turns, and again after a while where it failed."""

from meeting_service.ledger.sweep import RETRY_S, Sweep


def test_what_failed_is_left_alone_for_a_while() -> None:
    """The others have their turns meanwhile; then it has one again, without anybody asking."""
    sweep = Sweep([1, 2])
    assert 1 == sweep.take_turn(0.0)
    sweep.postpone(1, 0.0)
    assert [2, 2] == [sweep.take_turn(now_s) for now_s in (1.0, RETRY_S - 1)]
    sweep.postpone(2, 1.0)
    assert sweep.take_turn(2.0) is None
    sweep.postpone(None, 2.0)

    assert RETRY_S == sweep.due_at_s()
    assert 1 == sweep.take_turn(RETRY_S)


def test_a_file_that_cannot_be_used_is_left_alone() -> None:
    """Until it is opened anew: then all but what failed by itself goes on at once."""
    sweep = Sweep([1, 2])
    sweep.postpone(1, 0.0)
    sweep.pause(5.0)
    assert RETRY_S + 5 == sweep.due_at_s()
    sweep.renew([1, 2])

    assert (0.0, 2, 2) == (sweep.due_at_s(), sweep.take_turn(6.0), sweep.take_turn(7.0))


def test_who_is_asked_for_again_has_a_turn_at_once() -> None:
    """However lately it failed."""
    sweep = Sweep([1])
    sweep.postpone(1, 0.0)
    sweep.add([1])

    assert 1 == sweep.take_turn(1.0)
