import mlx.core as mx
import numpy as np
import pytest
from numpy.typing import NDArray

from meeting_service.recogniser import Recogniser
from meeting_service.recogniser.encoder import Encoder
from tests.recogniser.tiny import BINS, make_model

Matrix = NDArray[np.float32]


def make_mel(frames: int, bins: int = BINS, seed: int = 0) -> Matrix:
    """Features from nowhere, `(frames, bins)`."""
    return np.random.default_rng(seed + frames).standard_normal((frames, bins)).astype(np.float32)


def encode(encoder: Encoder, rows: list[Matrix], length: int) -> list[Matrix]:
    """Encode `rows` in one batch padded to `length` mel frames; real frames only."""
    batch = np.full((len(rows), length, rows[0].shape[1]), 7.0, np.float32)
    for row, mel in zip(batch, rows, strict=True):
        row[: len(mel)] = mel
    encoded = np.array(encoder(mx.array(batch), mx.array([len(mel) for mel in rows])))
    return [row[: encoder.frames(len(mel))] for row, mel in zip(encoded, rows, strict=True)]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("frames", [1, 7, 8, 9, 63, 64, 157, 160])
def test_padding_does_not_matter(frames: int, bias: bool) -> None:
    """A padded window, whatever the padding holds, is encoded as upstream encodes it without padding."""
    model = make_model(bias=bias, seed=frames)
    mel = make_mel(frames)
    expected = np.array(model.network.encoder(mx.array(mel)[None])[0][0])

    for length in (160, 200):
        [encoded] = encode(Encoder(model.network.encoder, compiled=False), [mel], length)

        np.testing.assert_allclose(encoded, expected, atol=5e-6)


def test_neighbours_do_not_matter() -> None:
    """A row of a batch equals the row alone."""
    encoder = Encoder(make_model(seed=3).network.encoder, compiled=False)
    rows = [make_mel(frames) for frames in (160, 23, 88, 1)]

    for mel, encoded in zip(rows, encode(encoder, rows, 160), strict=True):
        [alone] = encode(encoder, [mel], 160)

        np.testing.assert_allclose(encoded, alone, atol=5e-6)


def test_an_idle_row_is_finite() -> None:
    """A row with nothing real in it has no NaN that could spread."""
    encoder = Encoder(make_model().network.encoder, compiled=False)

    assert np.isfinite(np.array(encoder(mx.zeros((2, 80, BINS)), mx.array([80, 0])))).all()


def test_the_model_is_left_as_it_was() -> None:
    """Encoding changes nothing in upstream's modules: it encodes the same before and after."""
    model, mel = make_model(seed=5), mx.array(make_mel(80))[None]
    before = np.array(model.network.encoder(mel)[0])

    encode(Encoder(model.network.encoder, compiled=False), [make_mel(40)], 160)

    np.testing.assert_array_equal(before, np.array(model.network.encoder(mel)[0]))


def test_half_precision_stays_half() -> None:
    """In bfloat16 nothing is promoted on the way, which would double the work."""
    model = make_model()
    model.network.encoder.set_dtype(mx.bfloat16)
    encoder = Encoder(model.network.encoder, compiled=False)

    encoded = encoder(mx.zeros((1, 80, BINS), mx.bfloat16), mx.array([70]))

    assert mx.bfloat16 == encoded.dtype


def test_the_bundled_model_padded_and_batched(recogniser: Recogniser) -> None:
    """The real model encodes a padded batch as upstream encodes each window alone."""
    network = recogniser.model.network
    encoder = Encoder(network.encoder, compiled=False)
    rows = [make_mel(frames, 80) for frames in (333, 100, 401)]

    for mel, encoded in zip(rows, encode(encoder, rows, 500 - 500 % 8), strict=True):
        expected = np.array(network.encoder(mx.array(mel)[None])[0][0])

        np.testing.assert_allclose(encoded, expected, atol=1e-4)
