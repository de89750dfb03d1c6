import numpy as np

from meeting_service.segmenter import SileroDetector
from tests.segmenter.recorded import frames_of
from tests.signals import speech


def test_silero_begins_afresh() -> None:
    """After a reset it answers as a new one does, whatever it heard before."""
    frames = frames_of("sentence-01")[:40]
    used, new = SileroDetector(), SileroDetector()
    used.probabilities(frames_of("sentence-02"))
    used.reset()

    assert new.probabilities(frames) == used.probabilities(frames)


def test_silero_goes_on_where_it_was() -> None:
    """Frames in several calls are heard as in one, to the last bit; no frames are no change."""
    frames = frames_of("sentence-03")
    one, other = SileroDetector(), SileroDetector()

    parts = [*other.probabilities(frames[:1]), *other.probabilities(frames[1:1])]
    parts += [*other.probabilities(frames[1:50]), *other.probabilities(frames[50:])]

    assert one.probabilities(frames) == parts


def test_streams_do_not_hear_each_other() -> None:
    """Two that take turns hear what each hears alone."""
    frames, others = frames_of("sentence-04")[:60], frames_of("sentence-05")[:60]
    mine, theirs = SileroDetector(), SileroDetector()

    heard: list[float] = []
    for start in range(0, 60, 5):
        heard += mine.probabilities(frames[start : start + 5])
        theirs.probabilities(others[start : start + 5])

    assert SileroDetector().probabilities(frames) == heard


def test_silero_hears_voices() -> None:
    """In a sentence most frames are voice, also at a hundredth of full scale."""
    frames = frames_of("sentence-02")

    assert np.mean(np.greater(SileroDetector().probabilities(frames), 0.5)) > 0.6
    assert np.mean(np.greater(SileroDetector().probabilities(frames * np.float32(0.05)), 0.5)) > 0.6


def test_silero_hears_no_voice_in_noise() -> None:
    """White noise, loud or not, is not taken for speech."""
    noise = np.stack([speech(0.032, seed) for seed in range(30)])

    assert max(SileroDetector().probabilities(noise)[3:]) < 0.5
    assert max(SileroDetector().probabilities(noise * np.float32(0.01))) < 0.5
