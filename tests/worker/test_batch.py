"""Which windows are recognised together: what is wrong with one stream stops no other."""

import numpy as np

from meeting_service.recognition import Window
from meeting_service.worker.batch import SUSPECT_WAITS_S, BatchLimits, choose_batch
from meeting_service.worker.stream import StreamWork


class Waiting(StreamWork):
    """A stream with a final to recognise, if its window can be made."""

    def __init__(self, window: Window | None, crashes: int = 0) -> None:
        self.kind = ("demo", "greedy")
        self.background = False
        self.final_due_s = 0.0
        self.deadline_s = 0.0
        self._window = window
        self._crashes = crashes

    @property
    def open_start(self) -> int:
        """No draft is made."""
        return 0

    @property
    def final_crashes(self) -> int:
        """How many workers died of it."""
        return self._crashes

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


def test_what_workers_died_of_is_alone() -> None:
    """First while one did, for it is soon cleared; behind the others for a while when two did."""
    window = Window(np.zeros(16_000, np.float32), 0, 0, 16_000)
    good, once, twice = Waiting(window), Waiting(window, 1), Waiting(window, 2)
    limits = BatchLimits(4, 1e9)

    def choose(works: list[StreamWork], at_s: float) -> list[StreamWork]:
        return [job.work for job in choose_batch(works, limits, at_s, _never)]

    assert [once] == choose([good, once, good], 1.0)
    assert [good, good] == choose([twice, good, good], 1.0)
    assert [twice] == choose([twice, good], SUSPECT_WAITS_S)
    assert [twice] == choose([twice], 1.0)


def _never(_work: StreamWork, error: Exception) -> None:
    raise error
