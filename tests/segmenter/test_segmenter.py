from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.recognition import Samples, Span
from meeting_service.segmenter import Segmenter, Silence
from meeting_service.settings import SegmenterSettings
from tests.fakes import LoudnessDetector
from tests.signals import pieces, silence, speech, talk

SETTINGS = SegmenterSettings(
    speech_threshold=0.5, min_silence_ms=800, long_silence_ms=400, max_utterance_s=20
)
SECOND = 16_000
MANY_PIECES = st.lists(st.integers(0, 70 * SECOND), max_size=30)
TALKS = st.lists(st.sampled_from([0.05, 0.3, 0.7, 1.3, 2.9, 9.1, 13.7]), min_size=1, max_size=7)


def segment(audio: Samples, cuts: Sequence[int] = (), start: int = 0) -> list[Span | Silence]:
    """Everything a segmenter says of `audio[start:]`, given in pieces."""
    segmenter = Segmenter(SETTINGS, LoudnessDetector(), start)
    items = [item for piece in pieces(audio[start:], cuts) for item in segmenter.accept(piece)]
    return items + segmenter.finish()


def spans_of(items: Sequence[Span | Silence]) -> list[Span]:
    """The speech among them."""
    return [item for item in items if isinstance(item, Span)]


@given(TALKS, MANY_PIECES)
@settings(max_examples=40, deadline=None)
def test_pieces_do_not_matter(lengths: list[float], cuts: list[int]) -> None:
    """Audio cut anyhow gives the same spans and the same positions to resume from."""
    audio = talk(*lengths)

    assert segment(audio) == segment(audio, cuts)


@given(TALKS)
@settings(max_examples=25, deadline=None)
def test_it_resumes_wherever_it_said(lengths: list[float]) -> None:
    """Beginning at the end of an utterance, or of a silence, finds all the speech that follows."""
    audio = talk(*lengths)
    items = segment(audio)

    for index, item in enumerate(items):
        if isinstance(item, Silence) or item.last:
            resume = item.through if isinstance(item, Silence) else item.end
            assert spans_of(items[index + 1 :]) == spans_of(segment(audio, start=resume))


@given(TALKS)
@settings(max_examples=25, deadline=None)
def test_spans_are_in_order_and_cover_the_speech(lengths: list[float]) -> None:
    """No two overlap, within an utterance none is missing, contexts stay inside it, all on its grid."""
    audio = talk(*lengths)
    end, open_utterance = 0, None

    for span in spans_of(segment(audio)):
        assert span.start == end if open_utterance else span.start >= end
        assert open_utterance in (None, span.utterance_start)
        assert span.utterance_start <= span.context_start <= span.start < span.end <= span.context_end
        assert span.context_end <= len(audio)
        assert span.last or (span.end - span.utterance_start) % 1_280 == 0
        assert (span.context_start - span.utterance_start) % 1_280 == 0
        end, open_utterance = span.end, None if span.last else span.utterance_start
    assert open_utterance is None


def test_an_utterance_has_its_edges() -> None:
    """It begins a moment before the voice, ends a moment after it, and is one span with no context."""
    (span,) = spans_of(segment(talk(2, 3, 2)))

    assert span.utterance_start == span.start == span.context_start
    assert span.end == span.context_end
    assert span.last
    assert 2 * SECOND - 0.6 * SECOND <= span.start <= 2 * SECOND - 0.4 * SECOND
    assert 5 * SECOND + 0.2 * SECOND <= span.end <= 5 * SECOND + 0.4 * SECOND


def test_the_end_is_told_once_the_pause_has_passed() -> None:
    """Not earlier, and not later than a frame or two."""
    segmenter = Segmenter(SETTINGS, LoudnessDetector())

    assert [] == segmenter.accept(talk(1, 2, 0.7))
    assert segmenter.speaking
    assert 1 == len(segmenter.accept(silence(0.3)))
    assert not segmenter.speaking


def test_a_pause_within_a_sentence_does_not_end_it() -> None:
    """A short pause in a short utterance does not; in a long one it does."""
    assert 1 == len({span.utterance_start for span in spans_of(segment(talk(0.5, 2, 0.5, 2, 1)))})
    assert 2 == len({span.utterance_start for span in spans_of(segment(talk(0.5, 14.5, 0.5, 2, 1)))})


def test_a_span_ends_where_breath_is_taken() -> None:
    """What was said before is given out with what came next as its context; the utterance goes on."""
    segmenter = Segmenter(SETTINGS, LoudnessDetector())
    audio = talk(1, 3, 0.4, 2, 1)

    assert [] == segmenter.accept(audio[: round(4.65 * SECOND)])
    (first,) = spans_of(segmenter.accept(audio[round(4.65 * SECOND) : 5 * SECOND]))
    (second,) = spans_of(segmenter.accept(audio[5 * SECOND :]))

    assert 4 * SECOND < first.end <= 4.4 * SECOND
    assert 4.65 * SECOND < first.context_end <= 4.9 * SECOND
    assert not first.last
    assert first.utterance_start == second.utterance_start
    assert first.end == second.start
    assert second.last


@pytest.mark.parametrize(("spoken_s", "breath_s", "spans"), [(2, 0.2, 1), (7, 0.2, 2), (0.4, 0.4, 1)])
def test_breath_ends_a_span_the_sooner_the_more_was_said(
    spoken_s: float, breath_s: float, spans: int
) -> None:
    """A very short one counts after long speech only, and hardly begun speech is not cut at all."""
    assert spans == len(spans_of(segment(talk(1, spoken_s, breath_s, 2, 1))))


def test_every_breath_is_a_place_to_end_a_span() -> None:
    """Also when several come within the time that is heard after the first."""
    spans = spans_of(segment(talk(1, 3, 0.3, 0.2, 0.3, 1.5, 0.3, 2, 2)))

    assert [False, False, True] == [span.last for span in spans]
    assert all(1 * SECOND <= span.end - span.start for span in spans)


def test_a_long_talk_with_breaths_ends_at_last() -> None:
    """After the longest time allowed the next breath ends the utterance, and the next begins there."""
    spans = spans_of(segment(talk(1, *[3, 0.3] * 15, 1)))
    ends = [span for span in spans if span.last]

    assert 20 * SECOND <= ends[0].end - ends[0].utterance_start <= 24 * SECOND
    assert ends[0].end == ends[1].utterance_start


def test_a_long_pause_after_a_cut_has_nothing_to_decode() -> None:
    """Where pauses may be long, an utterance of which all was given out ends with an empty span."""
    patient = SETTINGS.model_copy(update={"min_silence_ms": 5_000, "long_silence_ms": 5_000})
    segmenter = Segmenter(patient, LoudnessDetector())
    audio = talk(1, 9, 6)

    (first,) = spans_of(segmenter.accept(audio[: 13 * SECOND]))
    assert segmenter.speaking
    assert segmenter.span_start is segmenter.speech_end is segmenter.expected_end is None
    (second,) = spans_of(segmenter.accept(audio[13 * SECOND :]))

    assert not first.last
    assert second.last
    assert second.empty
    assert first.end == second.start == second.context_end


@given(TALKS)
@settings(max_examples=25, deadline=None)
def test_context_is_bounded_by_what_is_decoded(lengths: list[float]) -> None:
    """Before a span at most as much is heard as it is long, between two and four seconds."""
    for span in spans_of(segment(talk(*lengths))):
        most = min(max(span.end - span.start + 1_280, 2 * SECOND), 4 * SECOND)

        assert span.start - span.context_start <= most


def test_a_click_is_no_utterance() -> None:
    """Less than about a tenth of a second of sound is nothing."""
    assert [] == spans_of(segment(talk(1, 0.04, 1, 0.05, 1)))


def test_an_utterance_does_not_reach_into_the_former_one() -> None:
    """The pre-roll stops at the end of what was given out."""
    first, second = spans_of(segment(talk(0.5, 2, 0.85, 2, 1)))

    assert first.end <= second.start


def test_who_does_not_pause_is_cut_at_the_weakest_place() -> None:
    """A span of a monologue ends where the voice is weakest between its sixth and tenth second."""
    audio = np.concatenate([silence(1), speech(24, dips=[8.2, 11.0, 15.5]), silence(1)])
    first, second, third = spans_of(segment(audio))

    assert 1 * SECOND + 8.1 * SECOND <= first.end <= 1 * SECOND + 8.4 * SECOND
    assert first.end == second.start
    assert second.start - 4 * SECOND == second.context_start
    assert second.end + 2 * SECOND == second.context_end
    assert 1 * SECOND + 15.3 * SECOND <= second.end <= 1 * SECOND + 15.7 * SECOND
    assert [False, False, True] == [span.last for span in (first, second, third)]


@pytest.mark.parametrize("seed", range(3))
def test_cuts_lie_between_the_sixth_and_the_tenth_second(seed: int) -> None:
    """Whatever is said, for as long as somebody speaks without a pause."""
    spans = spans_of(segment(speech(60, seed)))
    lengths = [span.end - span.start for span in spans]

    assert all(6 * SECOND <= length <= 10 * SECOND for length in lengths[:-1])
    assert sum(lengths) == spans[-1].end - spans[0].start


def test_a_very_long_utterance_is_ended_at_a_cut() -> None:
    """After the longest time allowed the next cut ends it, and the next begins right there."""
    spans = spans_of(segment(speech(60)))
    ends = [span for span in spans if span.last]

    assert len(ends) > 1
    for span in ends[:-1]:
        assert 20 * SECOND <= span.end - span.utterance_start <= 30 * SECOND
        assert span.end in {other.utterance_start for other in spans}


def test_positions_to_resume_from_move_on_through_silence() -> None:
    """At least every nine seconds, without asking the detector once."""
    detector = LoudnessDetector()
    segmenter = Segmenter(SETTINGS, detector)

    items = [item for _ in range(600) for item in segmenter.accept(silence(0.1))]

    through = [item.through for item in items if isinstance(item, Silence)]
    assert len(items) == len(through)
    assert through[-1] > 50 * SECOND
    assert all(later - earlier < 9 * SECOND for earlier, later in pairwise(through))
    assert 0 == detector.frames


@pytest.mark.parametrize(("piece", "most_s"), [(silence(0.5), 3), (speech(0.5), 50)])
def test_memory_does_not_grow(piece: Samples, most_s: int) -> None:
    """Neither lasting silence nor lasting speech is kept longer than it is needed."""
    segmenter = Segmenter(SETTINGS, LoudnessDetector())
    room = []
    for _ in range(400):
        segmenter.accept(piece)
        room.append(segmenter.held_samples)

    assert max(room[100:]) <= max(room[:100]) <= most_s * SECOND


def test_the_audio_of_a_span_is_held_until_the_next_piece() -> None:
    """Also when one piece holds many spans; then it is let go."""
    audio = talk(1, 30, 1, 30, 1)
    segmenter = Segmenter(SETTINGS, LoudnessDetector())
    spans = spans_of(segmenter.accept(audio))

    for span in spans:
        samples = segmenter.samples(span.context_start, span.context_end)
        np.testing.assert_array_equal(audio[span.context_start : span.context_end], samples)
    segmenter.accept(silence(0.1))
    with pytest.raises(ValueError, match="not held"):
        segmenter.samples(spans[0].start, spans[0].end)


def test_what_is_being_said_can_be_seen() -> None:
    """While an utterance is open its start, its open span and the context of that are known and held."""
    segmenter = Segmenter(SETTINGS, LoudnessDetector())
    assert segmenter.utterance_start is segmenter.span_start is segmenter.context_start is None

    (span,) = spans_of(segmenter.accept(talk(1, 13)))

    assert segmenter.utterance_start == span.utterance_start
    assert segmenter.span_start == span.end
    assert segmenter.context_start == span.end - 4 * SECOND
    assert segmenter.speech_end <= segmenter.position < segmenter.expected_end
    assert 14 * SECOND == segmenter.position
    assert 14 * SECOND - span.start == len(segmenter.samples(span.start, segmenter.position))


def test_the_end_of_the_stream_ends_what_is_being_said() -> None:
    """The last word is kept to its last sample, and everything heard lies before the last position."""
    audio = talk(1, 2.013)
    segmenter = Segmenter(SETTINGS, LoudnessDetector())
    segmenter.accept(audio)

    span, rest = segmenter.finish()

    assert isinstance(span, Span)
    assert span.last
    assert len(audio) == span.end
    assert Silence(len(audio)) == rest


@pytest.mark.parametrize("samples", [0, 1, 511, 512, 513])
def test_a_stream_may_be_very_short(samples: int) -> None:
    """Less than a frame, or nothing at all, has an end too."""
    assert [Silence(samples)] == segment(speech(1)[:samples])
