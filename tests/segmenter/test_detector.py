import numpy as np

from meeting_service.segmenter import SileroDetector
from meeting_service.segmenter.detector import GATE_FRAMES, WARM_UP_FRAMES, VoiceGate
from tests.fakes import LoudnessDetector
from tests.signals import speech

LOUD = speech(0.032)
QUIET = np.zeros(512, np.float32)


def test_lasting_silence_never_reaches_the_detector() -> None:
    """Neither digital silence nor hiss far below speech costs an answer."""
    detector = LoudnessDetector()
    gate = VoiceGate(detector)
    hiss = speech(0.032) * np.float32(0.0003)

    heard = [gate.hear(frame) for frame in [QUIET, hiss] * 500]

    assert 0 == detector.frames
    assert {0.0} == {frame.probability for frame in heard}


def test_the_detector_hears_a_word_end_and_no_more() -> None:
    """A moment of silence before sound, one after it, as silence, then nothing."""
    detector = LoudnessDetector()
    gate = VoiceGate(detector)
    gate.hear(LOUD)

    heard = [gate.hear(QUIET) for _ in range(100)]

    assert WARM_UP_FRAMES + 1 + GATE_FRAMES == detector.frames
    assert {0.0} == {frame.probability for frame in heard}


def test_louder_is_a_worse_place_to_cut() -> None:
    """The weight grows with the loudness where the detector is as sure."""
    gate = VoiceGate(LoudnessDetector())
    for _ in range(10):
        gate.hear(LOUD)

    loud, weaker = gate.hear(LOUD), gate.hear(LOUD * np.float32(0.5))

    assert loud.weight > weaker.weight > 1.0


def test_silero_begins_afresh() -> None:
    """After a reset it answers as a new one does, whatever it heard before."""
    frames = [speech(0.032, seed) * np.float32(0.3) for seed in range(20)]
    used, new = SileroDetector(), SileroDetector()
    for frame in frames:
        used.probability(frame)
    used.reset()

    assert [new.probability(frame) for frame in frames] == [used.probability(frame) for frame in frames]


def test_silero_hears_no_voice_in_noise() -> None:
    """White noise, loud or not, is not taken for speech."""
    detector = SileroDetector()

    loud = [detector.probability(speech(0.032, seed)) for seed in range(30)]
    low = [detector.probability(speech(0.032, seed) * np.float32(0.01)) for seed in range(30)]

    assert max(loud[3:]) < 0.5
    assert max(low) < 0.5
