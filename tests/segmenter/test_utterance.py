from meeting_service.segmenter.gate import VoiceFrame
from meeting_service.segmenter.utterance import Utterance

FRAME = 512
SECOND = 16_000
VOICE, QUIET = VoiceFrame(0.9, 1.5), VoiceFrame(0.1, 0.3)


def spoken(*frames: int) -> Utterance:
    """An utterance at 1 s with so many frames of voice and of quiet, in turn."""
    utterance, end = Utterance(SECOND, SECOND, SECOND, SECOND), SECOND
    for turn, count in enumerate(frames):
        for _ in range(count):
            end += FRAME
            utterance.hear(QUIET if turn % 2 else VOICE, end, 0.35)
    return utterance


def test_a_breath_is_a_place_once_enough_was_heard_after_it() -> None:
    """Its middle, on the grid of the utterance; it is told once."""
    utterance = spoken(100, 10, 30)
    start = SECOND + 100 * FRAME

    assert utterance.take_breath(start + 700 * 16 - 1) is None
    place = utterance.take_breath(start + 700 * 16)
    assert place is not None
    assert start < place <= start + 5 * FRAME
    assert 0 == (place - SECOND) % 1_280
    assert utterance.take_breath(start + 10 * SECOND) is None


def test_a_breath_after_hardly_any_speech_is_passed_over() -> None:
    """The next one counts."""
    utterance = spoken(20, 10, 100, 10, 30)
    place = utterance.take_breath(20 * SECOND)

    assert place is not None
    assert place > SECOND + 130 * FRAME


def test_short_quiet_is_no_breath() -> None:
    """What lies between two syllables."""
    assert not spoken(200, 4, 30).breaths
    assert spoken(200, 5, 30).breaths


def test_context_grows_with_the_span() -> None:
    """From two seconds to four, on the grid, and never beyond the utterance's start."""
    utterance = spoken(400)
    assert SECOND == utterance.context_start(3 * SECOND)
    start = SECOND + 80 * 1_280
    utterance.begin_span(start)

    assert start - 25 * 1_280 == utterance.context_start(start + 1_280)
    assert start - 40 * 1_280 == utterance.context_start(start + 40 * 1_280 - 1)
    assert start - 50 * 1_280 == utterance.context_start(start + 90 * 1_280) == utterance.earliest_context


def test_what_was_given_out_is_let_go() -> None:
    """Weights are kept from the frame in which the open span begins."""
    utterance = spoken(100)
    utterance.begin_span(SECOND + 60 * FRAME + 7)

    assert 40 == len(utterance.weights)
    assert SECOND + 60 * FRAME == utterance.weights_start
    assert utterance.spoken
    utterance.begin_span(utterance.speech_end)
    assert not utterance.spoken
