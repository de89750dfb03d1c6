"""The live side of one stream."""

from meeting_service.meeting import Checkpoint, Stream
from meeting_service.sessions.live import (
    ARRIVALS_REMEMBERED,
    QUIET_NEWS_S,
    QUIET_S,
    Arrivals,
    LiveStream,
)

RATE_HZ = 16_000
STEP = RATE_HZ // 5


def make_stream() -> LiveStream:
    """A stream that has just begun."""
    stream = Stream(id=1, meeting_id="m", participant_id="ann", rate_hz=RATE_HZ, anchor_ms=0)
    return LiveStream(stream, Checkpoint(1))


def hear(live: LiveStream, start_s: int, end_s: int, *, silent: bool) -> list[float]:
    """The seconds at which there is news while audio comes in fifths of a second."""
    steps = range(start_s * RATE_HZ + STEP, end_s * RATE_HZ + 1, STEP)
    return [through / RATE_HZ for through in steps if live.is_news(through, silent=silent)]


def test_everything_is_news_while_somebody_may_speak() -> None:
    """Sound always, and the silence after it for as long as an utterance may wait for more."""
    live = make_stream()

    assert 5 * 20 == len(hear(live, 0, 20, silent=False))
    assert 5 * QUIET_S == len(hear(live, 20, 20 + QUIET_S, silent=True))


def test_lasting_silence_is_told_of_now_and_then() -> None:
    """Once in a while, and the sound that ends it at once."""
    live = make_stream()
    hear(live, 0, QUIET_S, silent=True)

    told = hear(live, QUIET_S, 60, silent=True)

    assert (60 - QUIET_S) // QUIET_NEWS_S == len(told)
    assert [60.2, 60.4] == hear(live, 60, 61, silent=False)[:2]


def test_arrivals_are_found_in_rising_order() -> None:
    """The first piece that reaches an offset; for what is forgotten, the oldest that is known."""
    arrivals = Arrivals()
    for n in range(1, 3 * ARRIVALS_REMEMBERED):
        arrivals.add(n * 100, float(n))
        if n == 50:
            assert [1.0, 2.0, 50.0, None] == [arrivals.find(ms) for ms in (0, 101, 5_000, 5_001)]

    oldest = 2 * ARRIVALS_REMEMBERED
    assert [oldest, oldest + 1] == [arrivals.find(ms) for ms in (6_000, oldest * 100 + 1)]
    assert 3 * ARRIVALS_REMEMBERED - 1 == arrivals.latest_s
