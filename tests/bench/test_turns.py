import numpy as np

from meeting_service.bench.turns import PAUSES_S, REST_S, make_silence, make_track

RATE = 16_000


def test_speaks_in_turns() -> None:
    """Turns are apart by at least the shortest pause, loud within and quiet between."""
    track = make_track(30, seed=1, begin_s=2)
    pcm = track.pcm.astype(np.float64)

    assert 30 * RATE == len(pcm)
    assert 2 * RATE == track.turns[0].start
    assert track.turns[-1].end <= (30 - REST_S) * RATE
    for turn, following in zip(track.turns, track.turns[1:], strict=False):
        pause = pcm[turn.end : following.start]
        assert len(pause) >= PAUSES_S[0] * RATE - 1
        assert np.abs(pcm[turn.start : turn.end]).max() > 20 * np.abs(pause).max()


def test_says_something_where_there_is_room() -> None:
    """Whoever speaks, some seconds are enough for a sentence."""
    assert all(make_track(7 + REST_S, seed).turns for seed in range(40))


def test_is_the_same_every_time() -> None:
    """The same arguments give the same audio, others other audio."""
    track = make_track(10, seed=3)

    assert np.array_equal(track.pcm, make_track(10, seed=3).pcm)
    assert not np.array_equal(track.pcm, make_track(10, seed=4).pcm)


def test_is_silent() -> None:
    """Who has the microphone off sends zeros."""
    track = make_silence(2)

    assert 2.0 == track.seconds
    assert 0 == track.speech_s
    assert not track.pcm.any()
