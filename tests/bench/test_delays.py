import math

from meeting_service.bench.bots import PIECE_SAMPLES, Sent
from meeting_service.bench.delays import Delays, Shown, measure_delays, summarise
from meeting_service.bench.turns import Track, Turn, make_silence

RATE = 16_000
BEGUN_S = 100.0


def send(*turns: tuple[float, float], seconds: float = 20) -> Sent:
    """Turns in seconds of the stream, sent from `BEGUN_S` on; the stream begins 5 s into its meeting."""
    pcm = make_silence(seconds).pcm
    track = Track(pcm, [Turn(round(start * RATE), round(end * RATE)) for start, end in turns])
    pieces = len(pcm) // PIECE_SAMPLES
    return Sent(track, 5_000, [BEGUN_S + i * 0.1 for i in range(pieces)])


def show(at_s: float, start_s: float, end_s: float, *word_ends_s: float, final: bool = False) -> Shown:
    """Text seen `at_s` after the stream began, its times in seconds of the stream."""
    ends = tuple(round(5_000 + 1_000 * end) for end in word_ends_s)
    return Shown(BEGUN_S + at_s, final, round(5_000 + 1_000 * start_s), round(5_000 + 1_000 * end_s), ends)


def test_measures_a_turn() -> None:
    """Each delay is from when its audio was sent to when its text was seen."""
    shown = [show(1.5, 1.0, 1.25), show(2.5, 1.0, 2.25), show(4.0, 1.0, 3.0, 1.25, 2.25, 3.0, final=True)]

    delays = measure_delays(send((1.0, 3.05)), shown)

    assert [500] == [round(ms) for ms in delays.first_drafts_ms]
    assert [300, 300] == [round(ms) for ms in delays.drafts_ms]  # 1.25 s is in the piece that left at 1.2 s
    assert [300, 300, 1_100] == [round(ms) for ms in delays.words_ms]
    assert [1_000] == [round(ms) for ms in delays.finals_ms]


def test_counts_only_drafts_that_reach_further() -> None:
    """A draft that says the same words again, or fewer, is no news."""
    shown = [show(1.5, 1, 1.25), show(2.0, 1, 1.25), show(2.2, 1, 1.15), show(2.5, 1, 2.25)]

    delays = measure_delays(send((1.0, 3.0)), shown)

    assert [300, 300] == [round(ms) for ms in delays.drafts_ms]


def test_counts_text_that_never_came() -> None:
    """A turn without text is infinitely late, for its first text and its last."""
    shown = [show(4.0, 1.0, 3.0, final=True)]

    delays = measure_delays(send((1.0, 3.05), (6.0, 8.0)), shown)

    assert [False, True] == [math.isinf(ms) for ms in delays.first_drafts_ms]
    assert [False, True] == [math.isinf(ms) for ms in delays.finals_ms]


def test_takes_the_last_sentence_of_a_turn() -> None:
    """A turn is final when its last sentence is; the next turn's sentences are not its own."""
    shown = [
        show(3.0, 1.0, 2.0, final=True),
        show(4.0, 2.0, 3.0, final=True),
        show(9.5, 6.0, 8.0, final=True),
    ]

    delays = measure_delays(send((1.0, 3.05), (6.0, 8.05)), shown)

    assert [1_000, 1_500] == [round(ms) for ms in delays.finals_ms]


def test_overlooks_the_beginning() -> None:
    """What begins before it counts does not count."""
    shown = [show(4.0, 1.0, 3.0, 3.0, final=True), show(9.0, 6.0, 8.0, 8.0, final=True)]

    delays = measure_delays(send((1.0, 3.05), (6.0, 8.05)), shown, since=5 * RATE)

    assert 1 == len(delays.finals_ms) == len(delays.words_ms) == len(delays.first_drafts_ms)


def test_judges() -> None:
    """In time is who keeps to both limits in 95 of 100 cases; the share of late ones counts every text."""
    prompt, slow = Delays(drafts_ms=[400.0] * 20, finals_ms=[900.0] * 20), Delays(finals_ms=[1_501.0] * 2)

    assert prompt.in_time
    assert 0 == prompt.late_share

    prompt.add(slow)

    assert not prompt.in_time
    assert 2 / 42 == prompt.late_share


def test_nothing_is_not_in_time() -> None:
    """Where no text was measured nothing was in time."""
    assert not Delays().in_time


def test_summarises() -> None:
    """Percentiles are of the nearest rank; one that falls on text that never came is None."""
    values = [float(ms) for ms in range(1, 101)]

    assert {"p50": 50, "p95": 95, "p99": 99} == summarise(values)
    assert {"p50": 50, "p95": 95, "p99": None} == summarise([*values[:98], math.inf, math.inf])
    assert {"p50": None, "p95": None, "p99": None} == summarise([])
