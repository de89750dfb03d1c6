"""Which windows are recognised together: what is wrong with one stream stops no other."""

import numpy as np

from meeting_service.recognition import Window
from meeting_service.worker.batch import BatchLimits, choose_batch
from meeting_service.worker.stream import StreamWork


class Waiting(StreamWork):
    """A stream with a final to recognise, if its window can be made."""

    def __init__(self, window: Window | None) -> None:
        self.kind = ("demo", "greedy")
        self.background = False
        self.final_due_s = 0.0
        self.deadline_s = 0.0
        self._window = window

    @property
    def open_start(self) -> int:
        """No draft is made."""
        return 0

    @property
    def final_crashes(self) -> int:
        """Nobody died of it."""
        return 0

    def next_final(self) -> Window:
        """It, or an error nobody expects."""
        assert self._window is not None
        return self._window


def test_a_stream_that_breaks_is_left_out() -> None:
    """It is named with its error, and the others are recognised."""
    window = Window(np.zeros(16_000, np.float32), 0, 0, 16_000)
    works = [Waiting(window), Waiting(None), Waiting(window)]
    failed: list[tuple[StreamWork, str]] = []
    jobs = choose_batch(
        works, BatchLimits(4, 1e9), 1.0, lambda work, error: failed.append((work, type(error).__name__))
    )

    assert [works[0], works[2]] == [job.work for job in jobs]
    assert [(works[1], "AssertionError")] == failed
