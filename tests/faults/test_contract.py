"""Senders do what they like, in any order: everything is held once, and the text is that of one piece."""

from pathlib import Path

from tests.faults.contract.game import play

EXAMPLES = 200
STEPS = 7
"""so that it stays quick; `tests/faults/run --only contract` goes further"""


def test_any_order_of_sending_is_the_same_meeting(tmp_path: Path) -> None:
    """Pieces twice, late, early, cut, on two sockets, over restarts: what is held is what was sent."""
    assert EXAMPLES <= play(tmp_path, EXAMPLES, chosen_seed=1, steps=STEPS)
