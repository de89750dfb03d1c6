"""What a worker does with audio of which workers died before it: alone, after a try, or not yet."""

from pathlib import Path

import numpy as np
import pytest

from meeting_service.recognition import Samples
from meeting_service.settings import load_settings
from meeting_service.worker.blackboard import Kind
from meeting_service.worker.loop import FIRST_REST_S, LEAST_OFFENCES, MOST_REST_S
from meeting_service.worker.messages import StreamFailed, Survived
from tests.fakes import LoudnessDetector
from tests.sessions.conftest import RATE_HZ, talk
from tests.worker.virtual import Batch, Hall

FINALS_ONLY = load_settings(overrides={"recognition": {"drafts": False}})


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    """Nobody in it yet, and no drafts."""
    return Hall(tmp_path, settings=FINALS_ONLY)


def find_first(hall: Hall, stream_id: int) -> int:
    """Where the first span of a stream begins, in a hall where it is alone."""
    hall.run()
    return next(b.windows[0].decode_start for b in hall.batches if b.windows)


def is_silent(batch: Batch) -> bool:
    """Whether it was only a try."""
    return not any(window.samples.any() for window in batch.windows)


def test_a_suspect_is_recognised_alone_and_first(hall: Hall, tmp_path: Path) -> None:
    """And cleared by that, with the text it would have had."""
    alone = Hall(tmp_path / "alone", settings=FINALS_ONLY)
    start = find_first(_with(alone, 1), 1)
    for seed in range(1, 7):
        hall.add(talk(seed, 20), live=False)
    hall.suspects[1] = ((Kind.WINDOW, start, 1),)
    hall.run()

    first = next(b for b in hall.batches if any(w.decode_start == start for w in b.windows))
    assert 1 == len(first.windows)
    assert [Survived(1, Kind.WINDOW, start)] == [r for _, r in hall.replies if isinstance(r, Survived)]
    assert alone.text(1) == hall.text(1)


@pytest.mark.parametrize("crashes", [1, 2])
def test_before_a_suspect_silence_shows_what_the_device_does(
    hall: Hall, tmp_path: Path, crashes: int
) -> None:
    """Of the window's length: that it works, and how long the window should take."""
    alone = Hall(tmp_path / "alone", settings=FINALS_ONLY)
    start = find_first(_with(alone, 1), 1)
    hall.add(talk(1, 20), live=False)
    hall.add(talk(2, 20), live=False)
    hall.suspects[1] = ((Kind.WINDOW, start, crashes),)
    hall.cost = lambda _at_s: 0.05
    hall.run()

    [probe] = [batch for batch in hall.batches if is_silent(batch)]
    tried = hall.batches[hall.batches.index(probe) + 1]
    assert [len(tried.windows[0].samples)] == [len(window.samples) for window in probe.windows]
    assert start == tried.windows[0].decode_start
    assert 1 == len(tried.windows)
    assert pytest.approx(0.05 * len(tried.windows[0].samples) / RATE_HZ) == tried.expected_s


def test_a_stream_that_offends_again_and_again_has_to_rest(hall: Hall) -> None:
    """Its neighbours have the new worker to themselves for a while, longer each time, up to a limit."""
    hall.add(talk(1, 20), live=False)
    hall.add(talk(2, 20), live=False)
    hall.offences[1] = LEAST_OFFENCES + 1
    hall.run()

    assert 2 * FIRST_REST_S <= min(at for at, _ in hall.finals(1)) < 2 * FIRST_REST_S + 1
    assert max(at for at, _ in hall.finals(2)) < 1
    assert MOST_REST_S < FIRST_REST_S * 2**10


class ChoosyDetector(LoudnessDetector):
    """Fails at what is louder than speech."""

    def probabilities(self, frames: Samples) -> list[float]:
        """How loud it is."""
        if np.abs(frames).max(initial=0) > 0.9:
            raise ArithmeticError
        return super().probabilities(frames)


def test_a_block_that_cannot_be_heard_is_passed_over(hall: Hall) -> None:
    """At the second time, as speech without text; before and after it the stream has its text."""
    pcm = talk(1, 30)
    pcm[10 * RATE_HZ + 100 : 10 * RATE_HZ + 200] = 32_000
    hall.make_detector = ChoosyDetector
    bad, good = hall.add(pcm, live=False), hall.add(talk(2, 30), live=False)
    hall.run()

    lost = [stretch for _, reply in hall.checkpoints(bad) for stretch in reply.unrecognised]
    assert [(10 * RATE_HZ, 11 * RATE_HZ)] == [(stretch.start, stretch.end) for stretch in lost]
    assert not [reply for _, reply in hall.replies if isinstance(reply, StreamFailed)]
    assert len(hall.text(good)) > 0
    times = [s.start_ms for _, final in hall.finals(bad) for s in final.sentences]
    assert min(times) < 9_000
    assert max(times) > 12_000


def _with(hall: Hall, seed: int) -> Hall:
    hall.add(talk(seed, 20), live=False)
    return hall
