import numpy as np
import pytest

from meeting_service.meeting import Checkpoint, Stream
from meeting_service.sessions.activity import HELD_S, STALE_S, Activity, Loudness, list_activity, pcm_to_level
from meeting_service.sessions.live import LiveStream


def sound(peak: int, samples: int = 1_600) -> np.ndarray:
    """A piece as loud as its one peak, which goes down."""
    pcm = np.zeros(samples, np.int16)
    pcm[-1] = -peak
    return pcm


def stream(number: int, who: str, *, ended: bool = False) -> LiveStream:
    """One of a meeting's."""
    return LiveStream(Stream(number, "m", who, 16_000, 0, ended=ended), Checkpoint(number))


@pytest.mark.parametrize(
    ("peak", "level"),
    [(0, 0), (103, 0), (104, 1), (328, 2), (1_036, 3), (3_277, 4), (10_362, 5), (32_768, 5)],
)
def test_a_level_is_ten_decibels(peak: int, level: int) -> None:
    """By the peak, of either sign."""
    assert level == pcm_to_level(sound(peak))


def test_only_the_end_of_a_long_piece_counts() -> None:
    """What somebody posts as a whole is as loud as it ends; nothing is silent."""
    assert 0 == pcm_to_level(np.concatenate([sound(20_000), np.zeros(16_000, np.int16)]))
    assert 0 == pcm_to_level(np.zeros(0, np.int16))


def test_a_level_stays_between_syllables_and_falls_after() -> None:
    """The loudest counts for a while; where nothing comes it is silent."""
    loudness = Loudness()
    loudness.add(sound(20_000), 10.0)
    loudness.add(sound(200), 10.1)

    assert 5 == loudness.level(10.1)
    loudness.add(sound(200), 10.2 + HELD_S)
    assert 1 == loudness.level(11.0)
    assert 0 == loudness.level(10.2 + HELD_S + STALE_S)


def test_several_streams_of_a_person_are_one() -> None:
    """The loudest and the latest of them; cut off only if none of those that take audio has a sender."""
    former, phone, laptop = stream(1, "ann", ended=True), stream(2, "ann"), stream(3, "ann-laptop")
    former.behind_ms, phone.sender_lost = 4_000, True
    former.loudness.add(sound(20_000), 1.0)
    laptop.loudness.add(sound(400), 1.0)
    shown = {"ann-laptop": "ann"}
    streams = [former, phone, laptop, stream(4, "ben")]

    assert {"ann": Activity("ann", 2, 4_000)} == list_activity(streams, 1.0, shown)
    laptop.sender_lost = True
    assert {"ann": Activity("ann", 2, 4_000, reconnecting=True)} == list_activity(streams, 1.0, shown)
