from collections.abc import Sequence

import numpy as np
import pytest

from meeting_service.recognition import Samples
from meeting_service.segmenter.gate import GATE_FRAMES, WARM_UP_FRAMES, VoiceFrame, VoiceGate
from tests.fakes import LoudnessDetector
from tests.signals import speech

LOUD = speech(0.032)
QUIET = np.zeros(512, np.float32)


def hear(gate: VoiceGate, frames: Sequence[Samples], together: int = 32) -> list[VoiceFrame]:
    """What the gate makes of the frames, heard so many together."""
    groups = [np.stack(frames[start : start + together]) for start in range(0, len(frames), together)]
    return [frame for group in groups for frame in gate.hear(group)]


def test_lasting_silence_never_reaches_the_detector() -> None:
    """Neither digital silence nor hiss far below speech costs an answer."""
    detector = LoudnessDetector()
    hiss = speech(0.032) * np.float32(0.0003)

    heard = hear(VoiceGate(detector), [QUIET, hiss] * 500)

    assert 0 == detector.frames
    assert {0.0} == {frame.probability for frame in heard}


def test_the_detector_hears_a_word_end_and_no_more() -> None:
    """A moment of silence before sound, one after it, as silence, then nothing."""
    detector = LoudnessDetector()

    first, *heard = hear(VoiceGate(detector), [LOUD, *[QUIET] * 100])

    assert WARM_UP_FRAMES + 1 + GATE_FRAMES == detector.frames
    assert first.probability > 0.5
    assert {0.0} == {frame.probability for frame in heard}


@pytest.mark.parametrize("together", [1, 2, 5, 31])
def test_frames_heard_together_are_heard_the_same(together: int) -> None:
    """The gate opens and shuts at the same frames, and the detector hears the same."""
    pattern = [LOUD, QUIET, LOUD, *[QUIET] * 9, LOUD * np.float32(0.1), *[QUIET] * 30, LOUD] * 3
    one, other = LoudnessDetector(), LoudnessDetector()

    assert hear(VoiceGate(one), pattern) == hear(VoiceGate(other), pattern, together)
    assert one == other


def test_louder_is_a_worse_place_to_cut() -> None:
    """The weight grows with the loudness where the detector is as sure."""
    *_, loud, weaker = hear(VoiceGate(LoudnessDetector()), [LOUD] * 11 + [LOUD * np.float32(0.5)])

    assert loud.weight > weaker.weight > 1.0
