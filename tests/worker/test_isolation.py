"""What a failing recogniser costs: which windows stay without text, and when the worker ends instead."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import Pcm
from meeting_service.recognition import Window
from meeting_service.settings import load_settings
from tests.sessions.conftest import RATE_HZ, talk
from tests.worker.virtual import Hall

POISON = 32_000
FINALS_ONLY = load_settings(overrides={"recognition": {"drafts": False}})


def poisoned(windows: Sequence[Window]) -> bool:
    """Whether one of them holds what no recogniser can stand."""
    return any(np.abs(window.samples).max() > 0.9 for window in windows)


def poison(pcm: Pcm, seconds: Sequence[float]) -> Pcm:
    """The same speech, with poison at these seconds."""
    for second in seconds:
        pcm[int(second * RATE_HZ) : int(second * RATE_HZ) + 200] = POISON
    return pcm


def unrecognised(hall: Hall, stream_id: int) -> int:
    """Speech of a stream that has no text for good, in samples."""
    return hall.finals(stream_id)[-1][1].checkpoint.unrecognised_samples


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    """Nobody in it yet, and no drafts."""
    return Hall(tmp_path, settings=FINALS_ONLY)


def test_a_final_has_a_second_try(hall: Hall) -> None:
    """A window that fails once, alone as it is, has its text all the same."""
    hall.fails = lambda _at_s, _windows: len(hall.batches) == 2
    undisturbed = Hall(hall.folder / "undisturbed", settings=FINALS_ONLY)
    for each in (hall, undisturbed):
        each.add(talk(1, 20))
        each.run()

    assert hall.text(1) == undisturbed.text(1)
    assert len(hall.batches) == len(undisturbed.batches) + 1


def test_a_bad_window_stays_without_text(hall: Hall) -> None:
    """Of a stream that is alone: it is tried twice, then silence shows that the recogniser works."""
    hall.fails = lambda _at_s, windows: poisoned(windows)
    hall.add(poison(talk(1, 30), [0.6]))
    hall.run()

    tried = [batch for batch in hall.batches if poisoned(batch.windows)]
    probes = [batch for batch in hall.batches if not batch.windows[0].samples.any()]
    assert 2 == len(tried)
    assert [len(tried[0].windows[0].samples)] == [len(batch.windows[0].samples) for batch in probes]
    assert 0 < unrecognised(hall, 1) < 5 * RATE_HZ
    assert hall.text(1)


def test_a_bad_window_spoils_no_other(hall: Hall) -> None:
    """Those of its batch keep their text."""
    hall.fails = lambda _at_s, windows: poisoned(windows)
    bad = hall.add(poison(talk(1, 20), [0.6]), live=False)
    good = [hall.add(talk(seed, 20), live=False) for seed in range(2, 8)]
    hall.run()

    assert unrecognised(hall, bad) > 0
    assert [0] * len(good) == [unrecognised(hall, stream_id) for stream_id in good]


@pytest.mark.parametrize("streams", [1, 4])
def test_a_broken_recogniser_ends_the_worker(hall: Hall, streams: int) -> None:
    """Nothing becomes final without text: it is there for the next worker."""
    hall.fails = lambda at_s, _windows: at_s > 10
    for seed in range(streams):
        hall.add(talk(seed, 20))

    with pytest.raises(ExceptionGroup):
        hall.run()
    assert [0] * streams == [unrecognised(hall, stream_id) for stream_id in range(1, streams + 1)]


def test_many_bad_windows_in_one_batch_spoil_no_other(hall: Hall) -> None:
    """Silence shows that it is they who are bad; good ones beside them keep their text."""
    hall.cost = lambda _at_s: 0.01
    hall.fails = lambda _at_s, windows: poisoned(windows)
    bad = [hall.add(poison(talk(seed, 2), [0.6]), from_s=20, live=False) for seed in range(1, 6)]
    good = [hall.add(talk(seed, 2), from_s=20, live=False) for seed in range(6, 9)]
    hall.add(talk(9, 20))  # so that it is known by then how much is soon done
    hall.run()

    assert any(len([w for w in batch.windows if poisoned([w])]) > 4 for batch in hall.batches)
    assert all(unrecognised(hall, stream_id) > 0 for stream_id in bad)
    assert [0] * len(good) == [unrecognised(hall, stream_id) for stream_id in good]
    assert all(hall.text(stream_id) for stream_id in good)


def test_a_recogniser_that_does_only_what_is_short_is_broken(hall: Hall) -> None:
    """Silence as long as the window fails too, so no speech is given up."""
    hall.fails = lambda _at_s, windows: any(len(window.samples) > RATE_HZ for window in windows)
    hall.add(talk(1, 20))

    with pytest.raises(ExceptionGroup):
        hall.run()
    assert [] == hall.finals(1)


def test_bad_windows_among_good_ones_never_end_the_worker(hall: Hall) -> None:
    """However many."""
    hall.fails = lambda _at_s, windows: poisoned(windows)
    bad = hall.add(poison(talk(1, 60), np.arange(0.6, 60, 7.0).tolist()))
    good = hall.add(talk(2, 60))
    hall.run()

    lost = [batch for batch in hall.batches if poisoned(batch.windows) and len(batch.windows) == 1]
    assert len(lost) > 6
    assert unrecognised(hall, bad) > 0
    assert 0 == unrecognised(hall, good)


def test_drafts_that_fail_are_dropped(tmp_path: Path) -> None:
    """They are not tried again, and finals are what they were."""
    hall, undisturbed = Hall(tmp_path), Hall(tmp_path / "undisturbed")
    hall.fails = lambda _at_s, windows: any(window.tail for window in windows)
    for each in (hall, undisturbed):
        each.add(talk(1, 40, spoken_s=15))
        each.run()

    failed = [window for batch in hall.batches for window in batch.windows if window.tail]
    assert len(failed) == len({id(window) for window in failed}) > 0
    assert hall.text(1) == undisturbed.text(1)
    assert len(hall.drafts(1)) < len(undisturbed.drafts(1))
