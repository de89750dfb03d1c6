from collections import deque
from collections.abc import Iterator

import numpy as np
import pytest

from meeting_service.recogniser import Recogniser, get_model, load_recogniser
from meeting_service.recognition import Samples, Span, Window
from meeting_service.segmenter import Segmenter, SileroDetector
from meeting_service.settings import SegmenterSettings, load_settings
from meeting_service.streaming import StreamingTranscriber
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.signals import speech, talk
from tests.spoken import list_recordings

RECORDINGS = {recording.path.stem: recording for recording in list_recordings()}
SETTINGS = SegmenterSettings(
    speech_threshold=0.5, min_silence_ms=800, long_silence_ms=400, max_utterance_s=20
)


def new_streaming(draft_interval_ms: int | None = 600) -> StreamingTranscriber:
    """One with the two fakes."""
    return StreamingTranscriber(
        FakeRecogniser().recognise,
        settings=SETTINGS,
        draft_interval_ms=draft_interval_ms,
        detector=LoudnessDetector(),
    )


def push(audio: Samples, samples: int, draft_interval_ms: int | None = 600) -> StreamingTranscriber:
    """A transcriber that heard `audio` in pieces of this many samples."""
    with new_streaming(draft_interval_ms) as transcriber:
        for start in range(0, len(audio), samples):
            transcriber.add_audio(audio[start : start + samples])
    return transcriber


@pytest.mark.parametrize(("samples", "draft_interval_ms"), [(160, 600), (1_000, None), (8_000, 100)])
def test_pushes_do_not_matter(samples: int, draft_interval_ms: int | None) -> None:
    """Small, odd or large ones, with drafts or without, give the same tokens at the same times."""
    audio = talk(1, 14, 2, 3, 0.4)

    whole, pushed = push(audio, len(audio)), push(audio, samples, draft_interval_ms)
    assert whole.finalized_tokens == pushed.finalized_tokens
    assert whole.result == pushed.result


def test_times_are_those_of_the_stream() -> None:
    """What is said in the fourth second has the times of the fourth second, in order."""
    tokens = push(talk(4, 2, 5, 2), 1_600).finalized_tokens
    starts = [token.start / 16_000 for token in tokens]

    assert sorted(starts) == starts
    assert all(3.7 <= start < 6.4 or 10.7 <= start < 13 for start in starts)


def test_drafts_turn_into_finals() -> None:
    """While somebody speaks there are draft tokens; the end makes all of them final."""
    transcriber = new_streaming()
    assert [] == list(transcriber.add_audio(talk(1, 2)))
    assert transcriber.draft_tokens
    assert transcriber.draft.text
    assert () == transcriber.finalized_tokens

    sentences = transcriber.finish()

    assert sentences
    assert transcriber.finalized_tokens
    assert () == transcriber.draft_tokens
    assert "" == transcriber.draft.text
    assert " ".join(sentence.text for sentence in sentences) == transcriber.result.text


def test_an_error_inside_is_not_hidden_by_the_end() -> None:
    """Leaving with an error recognises nothing more."""
    recogniser = FakeRecogniser()
    transcriber = StreamingTranscriber(
        recogniser.recognise, settings=SETTINGS, draft_interval_ms=None, detector=LoudnessDetector()
    )

    def microphone() -> Iterator[Samples]:
        yield speech(2)
        raise OSError("the microphone is gone")

    with pytest.raises(OSError, match="microphone"), transcriber:
        deque(map(transcriber.add_audio, microphone()))

    assert 0 == recogniser.calls


def test_it_begins_with_the_settings_of_the_service() -> None:
    """Without arguments it hears as the service does, with Silero."""
    with StreamingTranscriber(FakeRecogniser().recognise) as transcriber:
        transcriber.add_audio(speech(2))

    assert () == transcriber.result.sentences, "noise is no voice"


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    """The bundled model, in this thread."""
    return load_recogniser(get_model("demo"))


def samples_of(name: str) -> Samples:
    """A recording as it is recognised."""
    return (RECORDINGS[name].pcm / 32_768).astype(np.float32)


def hear(recogniser: Recogniser, name: str, samples: int) -> StreamingTranscriber:
    """A recording, recognised for real, in pieces of this many samples, with drafts if they are small."""
    audio = samples_of(name)
    interval_ms = 1_500 if samples < len(audio) else None
    with StreamingTranscriber(recogniser.recognise, draft_interval_ms=interval_ms) as transcriber:
        for start in range(0, len(audio), samples):
            transcriber.add_audio(audio[start : start + samples])
    return transcriber


@pytest.mark.parametrize("name", ["sentence-02", "short-01", "pauses-00", "nonstop-00"])
def test_live_text_is_that_of_the_file(recogniser: Recogniser, name: str) -> None:
    """Real speech as it comes, with drafts, gives token for token what the whole recording gives."""
    whole, live = hear(recogniser, name, 1 << 20), hear(recogniser, name, 1_600)

    assert whole.finalized_tokens
    assert whole.finalized_tokens == live.finalized_tokens
    assert whole.result == live.result


@pytest.mark.parametrize("name", ["sentence-02", "sentence-10", "short-01"])
def test_a_short_utterance_is_recognised_as_a_whole(recogniser: Recogniser, name: str) -> None:
    """Its final tokens are those of one call with all of its audio, as offline."""
    audio = samples_of(name)
    segmenter = Segmenter(load_settings().segmenter, SileroDetector())
    (span,) = [item for item in [*segmenter.accept(audio), *segmenter.finish()] if isinstance(item, Span)]
    window = Window(audio[span.start : span.end], span.start, span.start, span.end)

    live = hear(recogniser, name, 1_600).finalized_tokens

    assert list(live) == list(recogniser.recognise([window])[0].tokens)
