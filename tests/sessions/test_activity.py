from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from meeting_service.meeting import Checkpoint, Stream
from meeting_service.sessions.activity import (
    HELD_S,
    LOST_S,
    NOBODY,
    SHARED_S,
    STALE_S,
    Activity,
    Loudness,
    Snapshot,
    Watch,
    list_activity,
    pcm_to_level,
)
from meeting_service.sessions.live import LiveStream


class Counted(list[LiveStream]):
    """A meeting's streams, and how often they were gone through."""

    looks = 0

    def __iter__(self) -> Iterator[LiveStream]:
        self.looks += 1
        return super().__iter__()


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
    former.behind_ms, phone.lost_s = 4_000, 0.5
    former.loudness.add(sound(20_000), 1.0)
    laptop.loudness.add(sound(400), 1.0)
    shown = {"ann-laptop": "ann"}
    streams = [former, phone, laptop, stream(4, "ben")]

    assert {"ann": Activity("ann", 2, 4_000)} == list_activity(streams, 1.0, shown)
    laptop.lost_s = 0.9
    assert {"ann": Activity("ann", 2, 4_000, reconnecting=True)} == list_activity(streams, 1.0, shown)


def test_a_sender_that_is_lost_is_expected_back_for_a_while() -> None:
    """Whoever stays away simply sends nothing; of several the one lost last counts."""
    phone, laptop = stream(1, "ann"), stream(2, "ann")
    phone.lost_s, laptop.lost_s = 0.0, 50.0

    assert list_activity([phone, laptop], 49.9 + LOST_S, {})["ann"].reconnecting
    assert {} == list_activity([phone, laptop], 50.0 + LOST_S, {})


def test_only_who_sends_can_be_lost() -> None:
    """Not one that another has taken the place of; the next takes it back."""
    ann, old, new = stream(1, "ann"), object(), object()
    ann.sent_by(old)
    ann.sent_by(new)
    ann.lose(old, 1.0)

    assert ann.lost_s is None
    ann.lose(new, 2.0)
    assert 2.0 == ann.lost_s
    ann.sent_by(old)
    assert ann.lost_s is None


def test_many_who_watch_look_once() -> None:
    """In a while, and those who see people merged otherwise see them so; what did not change is the same."""
    watch, streams = Watch(), Counted([stream(1, "ann"), stream(2, "ann-laptop")])
    streams[1].behind_ms = 4_000
    first = [watch.look(streams, 1.0 + number * SHARED_S / 200, {}) for number in range(200)]
    again = watch.look(streams, 1.0 + SHARED_S, {})

    assert {"ann-laptop": Activity("ann-laptop", 0, 4_000)} == again.people
    assert {id(again)} == {id(one) for one in first}
    assert 2 == streams.looks
    assert {"ann": Activity("ann", 0, 4_000)} == watch.look(streams, 1.1, {"ann-laptop": "ann"}).people
    streams[1].behind_ms = 0
    assert {} == watch.look(streams, 1.1 + 2 * SHARED_S, {"ann-laptop": "ann"}).people


def test_news_are_written_once() -> None:
    """For all who know the same: of those who changed, came or are as anybody again."""
    told: list[Sequence[Activity]] = []

    def write(people: Sequence[Activity]) -> str:
        told.append(people)
        return " ".join(one.participant_id for one in people)

    before = Snapshot({who: Activity(who, 1) for who in ("ann", "ben", "cleo")})
    now = Snapshot({"ann": Activity("ann", 1), "ben": Activity("ben", 2), "dan": Activity("dan", 3)})

    assert {"ben cleo dan"} == {now.write_news(before, write) for _ in range(3)}
    assert [[Activity("ben", 2), Activity("cleo"), Activity("dan", 3)]] == told
    assert "ann ben dan" == now.write_news(NOBODY, write)
    assert "" == now.write_news(now, write) == NOBODY.write_news(Snapshot({}), write)
