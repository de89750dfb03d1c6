"""Who is served first and how much at once, in time that passes as fast as it can be worked off."""

from pathlib import Path

import numpy as np
import pytest

from meeting_service.settings import load_settings
from meeting_service.worker.load import BATCH_S
from meeting_service.worker.messages import Behind, DraftsPaced, Finalized
from tests.sessions.conftest import talk
from tests.worker.virtual import BEAM, Hall

SECOND = 16_000


def behind(hall: Hall, stream_id: int) -> list[int]:
    """What was said of how far a stream is behind, in ms."""
    return [r.behind_ms for _, r in hall.replies if isinstance(r, Behind) and r.stream_id == stream_id]


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    """Nobody in it yet."""
    return Hall(tmp_path)


def test_who_speaks_now_is_not_held_up_by_backlogs(hall: Hall) -> None:
    """After a restart with much to catch up, live speech becomes final and is drafted as if alone."""
    hall.cost = lambda _at_s: 0.03
    late = [hall.add(talk(seed, 40), live=False) for seed in range(24)]
    live = hall.add(talk(99, 20))
    hall.run()

    caught_up = [hall.finals(stream_id)[-1][0] for stream_id in late]
    assert min(caught_up) > 15, "there is as much to do as the machine can"
    assert hall.held_up(live) < 3 * BATCH_S
    assert len(hall.drafts(live)) > 5


def test_no_backlog_is_passed_over_for_good(hall: Hall) -> None:
    """With as much live speech as can be recognised, who is behind gets a turn all the same."""
    late = [hall.add(talk(seed, 20), live=False) for seed in range(4)]
    live = [hall.add(talk(seed, 40, pause_s=1.0)) for seed in range(10, 20)]
    hall.cost = lambda _at_s: 0.09
    hall.run()

    assert all(hall.finals(stream_id)[0][0] < 35 for stream_id in late)
    assert all(hall.text(stream_id) for stream_id in live)


def test_the_oldest_goes_first(hall: Hall) -> None:
    """Nobody who is due later is recognised earlier; finals stand before drafts in every batch."""
    hall.settings = load_settings(overrides={"recognition": {"max_batch": 2, "drafts": False}})
    hall.cost = lambda _at_s: 0.1
    streams = [hall.add(talk(7, 8), from_s=0.2 * turn) for turn in range(6)]
    hall.run()

    finals = [(at, r.stream_id) for at, r in hall.replies if isinstance(r, Finalized)]
    first = [next(at for at, stream_id in finals if stream_id == wanted) for wanted in streams]
    assert sorted(first) == first


def test_a_batch_is_bounded(hall: Hall) -> None:
    """By windows, and by the work in it: one window more at most; the first, with nothing known, by one."""
    hall.cost = lambda _at_s: 0.05
    for seed in range(30):
        hall.add(talk(seed, 12), live=False)
    hall.run()

    lengths = [[len(window.samples) for window in batch.windows] for batch in hall.batches]
    assert max(len(batch) for batch in lengths) <= hall.settings.recognition.max_batch
    assert max(len(batch) for batch in lengths) > 1
    assert max(sum(batch[:-1]) for batch in lengths) <= BATCH_S / 0.05 * SECOND
    assert 1 == len(lengths[0])


def test_a_window_waits_for_others_a_moment_at_most(tmp_path: Path) -> None:
    """Alone, it is recognised when that moment is over."""
    came = []
    for wait_ms in (0, 80):
        settings = load_settings(overrides={"recognition": {"max_wait_ms": wait_ms, "drafts": False}})
        hall = Hall(tmp_path / str(wait_ms), settings=settings)
        alone = hall.add(talk(3, 6))
        hall.run()
        came.append([at for at, _ in hall.finals(alone)])

    waits = [late - soon for soon, late in zip(*came, strict=True)]
    assert max(waits) == pytest.approx(0.08)
    assert min(waits) >= 0


def test_a_beam_holds_up_nobody(hall: Hall) -> None:
    """Windows that are decoded in another way are not in one batch."""
    hall.cost = lambda _at_s: 0.05
    for seed in range(6):
        hall.add(talk(seed, 8), live=False, decoding=BEAM if seed % 2 else None)
    hall.run()

    kinds = [{window.decoding.method for window in batch.windows} for batch in hall.batches]
    assert all(len(kind) == 1 for kind in kinds)
    assert {"beam", "greedy"} == set.union(*kinds)


def test_drafts_thin_out_before_finals_come_late(hall: Hall) -> None:
    """With more speech than can be drafted, finals stay in time; when it is over drafts are as before."""
    hall.cost = lambda _at_s: 0.05
    alone = hall.add(talk(1, 70, pause_s=1.0))
    for seed in range(2, 12):
        hall.add(talk(seed, 30, pause_s=0.9), from_s=10)
    hall.run()

    before, during, after = (len(hall.drafts(alone, at, at + 10)) for at in (0, 25, 55))
    assert during < before / 2
    assert after >= before - 3
    assert hall.held_up(alone) < 3 * BATCH_S
    paced = [r.interval_ms for _, r in hall.replies if isinstance(r, DraftsPaced)]
    assert max(paced) > 2 * 600
    assert 600 == paced[-1]
    assert [] == behind(hall, alone)


def test_drafts_come_back_while_nobody_speaks(hall: Hall) -> None:
    """Once an overload is over, without anything to recognise, and it is told within seconds."""
    hall.cost = lambda _at_s: 0.08
    for seed in range(10):
        hall.add(talk(seed, 20, pause_s=0.9))
    silent = hall.add(np.zeros(40 * SECOND, np.int16))
    hall.run()

    paced = [(at, r.interval_ms) for at, r in hall.replies if isinstance(r, DraftsPaced)]
    last_batch_s = max(batch.at_s for batch in hall.batches)
    assert [] == hall.finals(silent)
    assert max(interval_ms for _, interval_ms in paced if interval_ms) > 2 * 600
    assert 600 == paced[-1][1]
    assert last_batch_s < paced[-1][0] < last_batch_s + 10


def test_overload_delays_finals_and_says_so(hall: Hall) -> None:
    """Text comes late, all of it and the same; how late is told every second, and that it is over."""
    slow = Hall(hall.folder / "slow", lambda at_s: 0.6 if at_s < 30 else 0.02)
    for each in (hall, slow):
        for seed in range(6):
            each.add(talk(seed, 60, pause_s=1.2))
        each.run()

    told = behind(slow, 1)
    assert len(told) > 5
    assert max(told) > 5_000
    assert 0 == told[-1]
    assert [] == behind(hall, 1)
    assert [hall.text(stream_id) for stream_id in range(1, 7)] == [slow.text(n) for n in range(1, 7)]


def test_a_recogniser_that_stands_still_is_noticed(hall: Hall) -> None:
    """Also when no more audio comes: time passes for what waits."""
    hall.cost = lambda at_s: 4.0 if at_s < 5 else 0.0
    stream_id = hall.add(talk(5, 5))
    hall.run()

    assert max(behind(hall, stream_id)) > 3_000
    assert 0 == behind(hall, stream_id)[-1]
