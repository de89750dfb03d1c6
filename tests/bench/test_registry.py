"""Which parts there are."""

import pytest

from meeting_service.bench.measures import get_measure
from meeting_service.bench.registry import PARTS, choose_parts
from meeting_service.errors import MeetingServiceError


def test_every_part_gives_known_figures_that_no_other_gives() -> None:
    """Keys are measures, and each comes from one part."""
    keys = [key for part in PARTS for key in part.keys]

    assert len(set(keys)) == len(keys)
    assert all(get_measure(key) for key in keys)


def test_parts_are_chosen_by_name() -> None:
    """Names choose; without any, a quick run leaves out what takes long."""
    assert [part.name for part in choose_parts(["vad"], quick=True)] == ["vad"]
    assert choose_parts([], quick=False) == list(PARTS)
    with pytest.raises(MeetingServiceError, match="no part 'x'"):
        choose_parts(["x"], quick=True)
