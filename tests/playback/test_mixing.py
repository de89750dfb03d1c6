"""What is heard: each as they were sent, at their time, all added up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.playback import Part
from meeting_service.playback.damage import buzz
from tests.playback.voices import Voices, noise


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_one_participant_comes_back_bit_for_bit(rate_hz: int) -> None:
    """At both rates: what was sent, after the silence before they came, extremes included."""
    pcm = noise(rate_hz, level=32_768)
    pcm[:2] = -32_768, 32_767
    voices = Voices()
    voices.add("ann", pcm, rate_hz=rate_hz, at_ms=250)
    heard = voices.hear()

    assert not heard[: rate_hz // 4].any()
    assert np.array_equal(pcm, heard[rate_hz // 4 :])


def test_several_streams_of_one_are_heard_in_order() -> None:
    """Who left and came back is silent in between."""
    voices = Voices()
    voices.add("ann", noise(1_600, 1))
    voices.add("ann", noise(1_600, 2), at_ms=300)
    heard = voices.hear()

    assert np.array_equal(noise(1_600, 1), heard[:1_600])
    assert not heard[1_600:4_800].any()
    assert np.array_equal(noise(1_600, 2), heard[4_800:])


def test_all_together_are_the_sum() -> None:
    """Everybody as loud as they are alone; what leaves 16 bits is cut off, and does not turn over."""
    ann, ben = noise(16_000, 1, 30_000), noise(16_000, 2, 30_000)
    voices = Voices()
    voices.add("ann", ann)
    voices.add("ben", ben)
    expected = (ann.astype(np.int32) + ben).clip(-32_768, 32_767)

    assert np.abs(ann.astype(np.int32) + ben).max() > 32_768
    assert np.array_equal(expected, voices.hear())
    assert np.array_equal(ben, voices.hear(Part(participant_ids={"ben"})))


@settings(max_examples=25, deadline=None)
@given(start_ms=st.integers(0, 999), length_ms=st.integers(1, 1_000), step=st.integers(700, 60_000))
def test_a_part_has_the_samples_of_the_whole(start_ms: int, length_ms: int, step: int) -> None:
    """Whatever is cut and in whatever blocks it is made, of streams of any rate, damaged ones too."""
    voices = Voices({3: range(3_000, 9_000)})
    voices.add("ann", noise(44_100), rate_hz=44_100)
    voices.add("ben", noise(4_000), rate_hz=8_000, at_ms=333, ended=False)
    voices.add("eve", noise(22_050), rate_hz=24_000, at_ms=17)
    whole = voices.hear(Part(to_ms=1_000))
    end_ms = min(start_ms + length_ms, 1_000)
    part = voices.hear(Part(from_ms=start_ms, to_ms=end_ms), step)

    assert np.array_equal(whole[48 * start_ms : 48 * end_ms], part)


def test_damage_is_heard() -> None:
    """What cannot be read is a buzz and no silence; right beside it, audio is as it was sent."""
    pcm = noise(48_000)
    voices = Voices({1: range(20_000, 21_000)})
    voices.add("ann", pcm)
    heard = voices.hear()

    assert np.array_equal(pcm[:19_456], heard[:19_456])
    assert np.array_equal(buzz(19_456, 21_504, 16_000), heard[19_456:21_504])
    assert np.array_equal(pcm[21_504:], heard[21_504:])
    assert 700 < np.abs(heard[19_456:21_504]).mean()
