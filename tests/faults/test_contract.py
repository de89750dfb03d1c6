"""Senders do what they like, in any order: everything is held once, and the text is that of one piece."""

from pathlib import Path

from tests.faults.contract.game import play

EXAMPLES = 200
EXAMPLES_OUTSIDE = 4
STEPS = 7
"""so that it stays quick; `tests/faults/run --only contract` goes further"""


def test_any_order_of_sending_is_the_same_meeting(tmp_path: Path) -> None:
    """Pieces twice, late, early, cut, on two sockets, over restarts: what is held is what was sent."""
    assert EXAMPLES <= play(tmp_path, EXAMPLES, chosen_seed=1, steps=STEPS)


def test_any_order_of_sending_to_a_process_is_the_same_meeting(tmp_path: Path) -> None:
    """The same with real connections to a real process, SIGKILLed and stopped in between."""
    assert EXAMPLES_OUTSIDE <= play(tmp_path, EXAMPLES_OUTSIDE, chosen_seed=1, steps=STEPS, outside=True)
