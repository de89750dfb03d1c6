"""Resampling: the same samples whatever was asked and whenever, and good ones."""

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from meeting_service.audio import RECOGNITION_RATE_HZ, Pcm
from meeting_service.recognition import Samples
from meeting_service.resample import Resampler

RATES = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 12_347]


def noise(rate_hz: int, seconds: float = 1.5) -> Pcm:
    """Noise of every frequency."""
    rng = np.random.default_rng(rate_hz)
    return (rng.standard_normal(int(rate_hz * seconds)) * 3_000).astype(np.int16)


def tone(rate_hz: int, hz: float, seconds: float = 2.0) -> Pcm:
    """A sine of half the full scale."""
    time_s = np.arange(int(rate_hz * seconds)) / rate_hz
    return np.round(16_000 * np.sin(2 * np.pi * hz * time_s)).astype(np.int16)


def whole(pcm: Pcm, rate_hz: int, to_hz: int = RECOGNITION_RATE_HZ) -> Samples:
    """A finished stream at another rate, read in one go."""
    resampler = Resampler(rate_hz, to_hz)
    end = resampler.available(len(pcm), finished=True)
    return resampler.read(lambda a, b: pcm[a:b], 0, end, through=len(pcm), finished=True)


def level_db(error: NDArray[np.floating], reference: NDArray[np.floating]) -> float:
    """How loud `error` is beside `reference`."""
    return float(10 * np.log10(np.mean(np.square(error)) / np.mean(np.square(reference)) + 1e-30))


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("to_hz", [16_000, 48_000])
def test_what_is_known_early_never_changes(rate_hz: int, to_hz: int) -> None:
    """Samples read as they become known, in odd pieces, equal those of the finished stream bit for bit."""
    pcm = noise(rate_hz)
    resampler = Resampler(rate_hz, to_hz)
    expected = whole(pcm, rate_hz, to_hz)
    parts: list[Samples] = []
    position = 0
    for through in [*range(0, len(pcm), rate_hz * 7 // 100), len(pcm)]:
        finished = through == len(pcm)
        known = resampler.available(through, finished=finished)
        parts.append(
            resampler.read(lambda a, b: pcm[a:b], position, known, through=through, finished=finished)
        )
        position = known

    assert np.array_equal(expected, np.concatenate(parts))


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 12_347])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_cut_of_reading_gives_the_same(rate_hz: int, data: st.DataObject) -> None:
    """Where a read begins and ends makes no difference to the samples in it."""
    pcm = noise(rate_hz, 0.7)
    expected = whole(pcm, rate_hz)
    start = data.draw(st.integers(0, len(expected)))
    end = data.draw(st.integers(start, len(expected)))
    read = Resampler(rate_hz).read(lambda a, b: pcm[a:b], start, end, through=len(pcm), finished=True)

    assert np.array_equal(expected[start:end], read)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("to_hz", [16_000, 48_000])
def test_blocks_equal_the_whole_signal_at_once(rate_hz: int, to_hz: int) -> None:
    """Blocks leave no seams: within -110 dB of filtering everything in one go, but for its first 20 ms."""
    pcm = noise(rate_hz)
    at_once = soxr.resample(pcm.astype(np.float32) / 32_768, rate_hz, to_hz, quality="HQ")
    ours = whole(pcm, rate_hz, to_hz)
    edge = to_hz // 50
    inner = slice(edge, min(len(at_once), len(ours)) - edge)

    assert abs(len(at_once) - len(ours)) <= 1
    assert level_db(ours[inner] - at_once[inner], at_once) < -110


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_tone_stays_that_tone(rate_hz: int) -> None:
    """A 1 kHz tone comes out as itself, at its own time, with a signal-to-noise ratio over 80 dB."""
    ours = whole(tone(rate_hz, 1_000), rate_hz)[800:-800]
    expected = tone(RECOGNITION_RATE_HZ, 1_000)[800 : 800 + len(ours)].astype(np.float32) / 32_768

    assert level_db(ours - expected, expected) < -80


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000])
def test_what_16_khz_cannot_hold_is_gone(rate_hz: int) -> None:
    """A tone above 8 kHz is not folded into speech."""
    loud = tone(rate_hz, 9_500)
    ours = whole(loud, rate_hz)[800:-800]

    assert level_db(ours, loud.astype(np.float32) / 32_768) < -80


@pytest.mark.parametrize("rate_hz", [rate for rate in RATES if rate != 12_347])
def test_little_is_held_back(rate_hz: int) -> None:
    """At usual rates all but the last 80 ms are known, block and filter together, and on average 40 ms."""
    resampler = Resampler(rate_hz)
    delays_ms = [
        through * 1_000 / rate_hz - resampler.available(through, finished=False) / 16
        for through in range(rate_hz // 2, rate_hz, 37)
    ]

    assert max(delays_ms) <= 80
    assert np.mean(delays_ms) <= 50


def test_16_khz_is_left_alone() -> None:
    """At the recognition rate samples are only scaled, and known at once."""
    pcm = np.array([-32_768, -1, 0, 1, 32_767], np.int16)

    assert 5 == Resampler(16_000).available(5, finished=False)
    assert [-1.0, -1 / 32_768, 0.0, 1 / 32_768, 32_767 / 32_768] == whole(pcm, 16_000).tolist()


def test_silence_stays_silence_and_loudness_is_bounded() -> None:
    """Zeros come out as zeros, and a full-scale square wave does not leave [-1, 1]."""
    square = np.where(np.arange(48_000) // 50 % 2, 32_767, -32_768).astype(np.int16)

    assert not whole(np.zeros(48_000, np.int16), 48_000).any()
    assert 1.0 == np.abs(whole(square, 48_000)).max()


@pytest.mark.parametrize("samples", [0, 1, 2, 7])
def test_tiny_streams(samples: int) -> None:
    """A stream of a few samples has about as long an output, and no error."""
    assert -(-samples // 3) == len(whole(np.ones(samples, np.int16), 48_000))


def test_what_is_not_known_is_refused() -> None:
    """Asking for samples that later audio could still change is a mistake of the caller."""
    pcm = noise(48_000, 0.1)
    with pytest.raises(ValueError, match="not known"):
        Resampler(48_000).read(lambda a, b: pcm[a:b], 0, 1_600, through=len(pcm), finished=False)
