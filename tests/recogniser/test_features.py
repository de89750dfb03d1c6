import numpy as np
import pytest
from numpy.typing import NDArray

from meeting_service.recogniser.features import FrontEnd, FrontEndConfig, mel_filters
from meeting_service.recognition import Samples
from tests.recogniser.tiny import make_preprocessor


def make_front_end(**changes: object) -> FrontEnd:
    """The front end of the published models, with changes."""
    return FrontEnd(FrontEndConfig(**make_preprocessor(**changes)))


def make_audio(samples: int, seed: int = 0) -> Samples:
    """Noise that grows louder."""
    noise = np.random.default_rng(seed).standard_normal(samples) * np.linspace(0.001, 0.3, samples)
    return noise.astype(np.float32)


def hz_to_mel(hz: float) -> float:
    """The Slaney scale."""
    return 3 * hz / 200 if hz < 1_000 else 15 + 27 * np.log(hz / 1_000) / np.log(6.4)


def filters_by_definition(n_fft: int, bins: int) -> NDArray[np.float64]:
    """Triangles between mel-spaced edges, in loops."""
    grid = np.linspace(0, 8_000, 200_001)
    mels = np.array([hz_to_mel(f) for f in grid])
    edges = np.interp(np.linspace(0, mels[-1], bins + 2), mels, grid)
    filters = np.zeros((n_fft // 2 + 1, bins))
    for b in range(bins):
        low, middle, high = edges[b : b + 3]
        for k in range(n_fft // 2 + 1):
            f = k * 16_000 / n_fft
            height = min((f - low) / (middle - low), (high - f) / (high - middle))
            filters[k, b] = max(0.0, height) * 2 / (high - low)
    return filters


def log_mel_by_definition(audio: Samples, bins: int, n_fft: int, width: int) -> NDArray[np.float64]:
    """Frame by frame in double precision, with the window centred in the transform as the paper draws it."""
    x = audio.astype(np.float64)
    x = np.concatenate([x[:1], x[1:] - 0.97 * x[:-1]])
    x = np.concatenate([np.zeros(n_fft // 2), x, np.zeros(n_fft)])
    window = np.zeros(n_fft)
    edge = (n_fft - width) // 2
    window[edge : edge + width] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / (width - 1))
    frames = [x[160 * t : 160 * t + n_fft] * window for t in range(len(audio) // 160)]
    power = np.array([np.abs(np.fft.rfft(frame)) ** 2 for frame in frames])
    mel = np.log(power @ filters_by_definition(n_fft, bins) + 2.0**-24)
    normalised: NDArray[np.float64] = (mel - mel.mean(0)) / (mel.std(0, ddof=1) + 1e-5)
    return normalised


@pytest.mark.parametrize(
    ("bins", "n_fft", "window_s", "samples"),
    [(80, 512, 0.025, 16_000), (128, 512, 0.025, 50_123), (64, 1024, 0.04, 8_001), (80, 512, 0.025, 400)],
)
def test_features_are_the_definition(bins: int, n_fft: int, window_s: float, samples: int) -> None:
    """Features equal a slow computation from the definition, for other models' sizes too."""
    audio = make_audio(samples)
    expected = log_mel_by_definition(audio, bins, n_fft, round(window_s * 16_000))

    mel = make_front_end(features=bins, n_fft=n_fft, window_size=window_s).log_mel(audio)

    assert (samples // 160, bins) == mel.shape
    assert np.float32 == mel.dtype
    np.testing.assert_allclose(mel, expected, atol=2e-3)


@pytest.mark.parametrize(("bins", "n_fft"), [(80, 512), (128, 512)])
def test_filters_are_the_definition(bins: int, n_fft: int) -> None:
    """The mel filterbank equals triangles drawn one by one."""
    np.testing.assert_allclose(
        mel_filters(16_000, n_fft, bins), filters_by_definition(n_fft, bins), atol=1e-6
    )


@pytest.mark.parametrize("samples", [0, 1, 159])
def test_less_than_a_hop_is_no_frame(samples: int) -> None:
    """Audio shorter than one hop has no features, and that is no error."""
    assert (0, 80) == make_front_end().log_mel(make_audio(samples)).shape


@pytest.mark.parametrize("samples", [160, 16_000])
def test_silence_is_finite(samples: int) -> None:
    """Digital silence, and a single frame, give numbers."""
    assert np.isfinite(make_front_end().log_mel(np.zeros(samples, np.float32))).all()


def test_without_normalisation_loudness_is_kept() -> None:
    """A model that wants plain features gets them: twice as loud is log 4 more."""
    front_end, audio = make_front_end(normalize="NA"), make_audio(16_000)

    difference = front_end.log_mel(2 * audio)[50:] - front_end.log_mel(audio)[50:]

    np.testing.assert_allclose(difference, np.log(4.0), atol=1e-2)


def test_normalisation_over_all_bins() -> None:
    """`all_features` normalises the window as a whole."""
    mel = make_front_end(normalize="all_features").log_mel(make_audio(16_000))

    assert 0.0 == pytest.approx(float(mel.mean()), abs=1e-4)
    assert 1.0 == pytest.approx(float(mel.std(ddof=1)), abs=1e-3)


def test_without_emphasis_and_with_magnitudes() -> None:
    """No pre-emphasis and magnitudes instead of powers, where a configuration says so."""
    plain = make_front_end(preemph=None, normalize="NA").log_mel(make_audio(8_000))
    magnitude = make_front_end(preemph=None, normalize="NA", mag_power=1.0).log_mel(make_audio(8_000))

    assert not np.allclose(plain, make_front_end(normalize="NA").log_mel(make_audio(8_000)))
    assert float(plain[-1].mean()) > float(magnitude[-1].mean())


def test_audio_is_left_as_it_was() -> None:
    """The caller's samples are not written to."""
    audio = make_audio(1_600)
    before = audio.copy()

    make_front_end().log_mel(audio)

    np.testing.assert_array_equal(before, audio)
