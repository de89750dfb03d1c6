"""What is deleted is gone from the bytes of every file, whoever reads or dies meanwhile."""

from pathlib import Path

import pytest

from tests.faults.deleting import Deletion, Doomed, Fault

TRIALS = [
    (Doomed.LIVE_MEETING, Fault.NONE),
    (Doomed.ENDED_PARTICIPANT, Fault.NONE),
    (Doomed.LIVE_PARTICIPANT, Fault.READERS),
    (Doomed.ENDED_MEETING, Fault.IN_SWEEP),
    (Doomed.LIVE_PARTICIPANT, Fault.AFTER_ROWS),
]


@pytest.mark.parametrize(("doomed", "fault"), TRIALS)
async def test_nothing_is_left(tmp_path: Path, doomed: Doomed, fault: Fault) -> None:
    """Neither of audio nor of names, text, title or vocabulary, also after a death in between."""
    assert [] == await Deletion(tmp_path, doomed, fault, seed=1).run()
