"""The lane of drafts, without a segmenter: what is due, what it costs, where it begins."""

import itertools

import numpy as np
import pytest

from meeting_service.drafting import (
    FINAL_SAMPLES,
    LEFT_SAMPLES,
    RIGHT_SAMPLES,
    WHOLE_SAMPLES,
    DraftLane,
    DraftRules,
    OpenSpeech,
)
from meeting_service.recognition import ENCODER_FRAME_SAMPLES, DecodingConfig, Samples, Span, Window
from tests.fakes import FakeRecogniser
from tests.signals import speech

SECOND = 16_000
AUDIO = speech(60)
RULES = DraftRules(interval_samples=8_000, first_samples=12_800)


def read(start: int, end: int) -> Samples:
    """The stream."""
    return AUDIO[start:end]


def speaking(heard: int, start: int = 0) -> OpenSpeech:
    """Somebody who has spoken without a pause since `start`."""
    return OpenSpeech(start, max(0, start - 4 * SECOND), heard, heard + 4_800, heard)


def pausing(end: int, start: int = 0) -> OpenSpeech:
    """Somebody whose utterance ends at `end` if nothing more is said."""
    return OpenSpeech(start, start, end - 4_800, end, end + 3_200)


def new_lane(rules: DraftRules = RULES) -> DraftLane:
    """One on which nothing was drafted yet."""
    return DraftLane(rules, DecodingConfig())


def play(lane: DraftLane, seconds: float, stretch: float = 1.0) -> list[Window]:
    """All drafts of somebody who speaks on and on, heard in tenths of a second."""
    windows = []
    for heard in range(0, round(seconds * SECOND), 1_600):
        if window := lane.next_window(speaking(heard), read, stretch):
            lane.accept(window, FakeRecogniser().recognise([window])[0])
            windows.append(window)
    return windows


def test_the_first_draft_comes_soon() -> None:
    """With so much audio as there must be at least."""
    first, second, *_ = play(new_lane(), 3)

    assert len(first.samples) == 12_800
    assert len(second.samples) >= 12_800 + 8_000


def test_work_is_bounded_however_long_somebody_speaks() -> None:
    """And spread over all of the speech."""
    windows = play(new_lane(), 60)
    ends = [window.start + len(window.samples) for window in windows]

    assert sum(len(window.samples) for window in windows) < 2.2 * 60 * SECOND
    assert np.diff(ends).max() <= 3 * SECOND


def test_a_long_span_is_drafted_from_a_place_that_moves_along() -> None:
    """With a little audio before it; every window is on the grid of its utterance's frames."""
    windows = play(new_lane(), 30)
    later = [window for window in windows if window.tail]

    assert later
    longest = WHOLE_SAMPLES + LEFT_SAMPLES + 3 * SECOND
    assert all(len(window.samples) <= longest for window in windows)
    assert all(window.start + len(window.samples) - window.decode_end >= RIGHT_SAMPLES for window in later)
    assert all(before.decode_end == after.decode_start for before, after in itertools.pairwise(later))
    assert {window.start % ENCODER_FRAME_SAMPLES for window in windows} == {0}


def test_tokens_of_a_long_span_are_those_of_all_its_windows() -> None:
    """Settled ones first, then what may still change: what one window of everything would give."""
    lane, said = new_lane(), None
    for heard in range(0, 20 * SECOND, 1_600):
        if window := lane.next_window(speaking(heard), read):
            said, end = lane.accept(window, FakeRecogniser().recognise([window])[0]), heard

    whole = FakeRecogniser().recognise([Window(AUDIO[:end], 0, 0, end)])[0]
    assert said == whole.tokens


def test_load_makes_drafts_rarer() -> None:
    """In proportion; and they come back with it."""
    usual, stretched = play(new_lane(), 30), play(new_lane(), 30, stretch=4)

    assert len(usual) > 2 * len(stretched) > 0
    lane = new_lane()
    play(lane, 10, stretch=8)
    again = [window for window in play(lane, 30) if window.decode_end > 12 * SECOND]
    assert len(again) > len(usual) / 3


def test_quiet_is_not_drafted() -> None:
    """Once in a pause, up to where the utterance would end; not on its way there, nor again."""
    lane = new_lane()
    hush = OpenSpeech(0, 0, 2 * SECOND, 2 * SECOND + 4_800, 2 * SECOND + 3_200)
    assert lane.next_window(hush, read) is None

    window = lane.next_window(pausing(2 * SECOND + 4_800), read)
    assert window is not None
    assert (0, 2 * SECOND + 4_800) == (window.decode_start, window.decode_end)
    lane.accept(window, FakeRecogniser().recognise([window])[0])
    assert lane.next_window(pausing(2 * SECOND + 4_800), read) is None


def test_what_was_drafted_in_a_pause_is_known() -> None:
    """For exactly that span, once; and it has cost nothing extra."""
    lane, end = new_lane(), 2 * SECOND
    window = lane.next_window(pausing(end), read)
    assert window is not None
    hypothesis = FakeRecogniser().recognise([window])[0]
    lane.accept(window, hypothesis)

    assert lane.take_known(Span(0, 0, end - 1_280, 0, end - 1_280, last=True)) is None
    assert lane.take_known(Span(0, 0, end, 0, end, last=True)) is hypothesis
    lane.begin(None)
    assert lane.take_known(Span(0, 0, end, 0, end, last=True)) is None


def test_a_long_utterance_is_not_guessed_to_be_over() -> None:
    """Its pause is drafted like its speech, for a wrong guess would cost all of it."""
    lane = new_lane()
    play(lane, 8)
    window = lane.next_window(pausing(8 * SECOND), read)

    assert window is not None
    assert len(window.samples) < FINAL_SAMPLES


def test_a_draft_of_what_became_final_says_nothing() -> None:
    """Nor does one that failed, or one that was never given out."""
    lane = new_lane()
    window = lane.next_window(speaking(SECOND), read)
    assert window is not None
    assert lane.next_window(speaking(3 * SECOND), read) is None
    lane.begin(None)
    assert lane.accept(window, FakeRecogniser().recognise([window])[0]) is None
    with pytest.raises(ValueError, match="not the draft"):
        lane.accept(window, None)
    again = lane.next_window(speaking(SECOND), read)
    assert again is not None
    assert lane.accept(again, None) is None
