import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from numpy.typing import NDArray

from meeting_service.recogniser import Recogniser, find_model
from meeting_service.recogniser.device import Device
from meeting_service.recogniser.encoder import Encoder
from meeting_service.recogniser.loading import load_model
from tests.recogniser.tiny import BINS, ONE_ROW, make_model

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
        [encoded] = encode(Encoder(model.network.encoder, ONE_ROW), [mel], length)

        np.testing.assert_allclose(encoded, expected, atol=5e-6)


def test_neighbours_do_not_matter() -> None:
    """A row of a batch equals the row alone."""
    encoder = Encoder(make_model(seed=3).network.encoder, ONE_ROW)
    rows = [make_mel(frames) for frames in (160, 23, 88, 1)]

    for mel, encoded in zip(rows, encode(encoder, rows, 160), strict=True):
        [alone] = encode(encoder, [mel], 160)

        np.testing.assert_allclose(encoded, alone, atol=5e-6)


def test_an_idle_row_is_finite() -> None:
    """A row with nothing real in it has no NaN that could spread."""
    encoder = Encoder(make_model().network.encoder, ONE_ROW)

    assert np.isfinite(np.array(encoder(mx.zeros((2, 80, BINS)), mx.array([80, 0])))).all()


def test_the_model_is_left_as_it_was() -> None:
    """Encoding changes nothing in upstream's modules: it encodes the same before and after."""
    model, mel = make_model(seed=5), mx.array(make_mel(80))[None]
    before = np.array(model.network.encoder(mel)[0])

    encode(Encoder(model.network.encoder, ONE_ROW), [make_mel(40)], 160)

    np.testing.assert_array_equal(before, np.array(model.network.encoder(mel)[0]))


def test_half_precision_stays_half() -> None:
    """In bfloat16 nothing is promoted on the way, which would double the work."""
    model = make_model()
    model.network.encoder.set_dtype(mx.bfloat16)
    encoder = Encoder(model.network.encoder, ONE_ROW)

    encoded = encoder(mx.zeros((1, 80, BINS), mx.bfloat16), mx.array([70]))

    assert mx.bfloat16 == encoded.dtype


def test_the_bundled_model_padded_and_batched(recogniser: Recogniser) -> None:
    """The real model encodes a padded batch as upstream encodes each window alone."""
    path = find_model("demo")
    assert path is not None
    upstream = load_model(path, ONE_ROW).network.encoder
    rows = [make_mel(frames, 80) for frames in (333, 100, 401)]

    for mel, encoded in zip(rows, encode(recogniser.encoder, rows, 500 - 500 % 8), strict=True):
        expected = np.array(upstream(mx.array(mel)[None])[0][0])

        np.testing.assert_allclose(encoded, expected, atol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
def test_shares_make_the_whole(bias: bool) -> None:
    """However many shares a block is computed in, it is upstream's, up to the order of sums."""
    model = make_model(bias=bias, seed=1)
    mel = make_mel(160)
    expected = np.array(model.network.encoder(mx.array(mel)[None])[0][0])

    for shares in (1, 2, 4):
        [encoded] = encode(Encoder(model.network.encoder, ONE_ROW, shares=shares), [mel], 160)

        np.testing.assert_allclose(encoded, expected, atol=5e-6)


def test_cores_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same shares on one core and on four give the same bits."""
    conformer, rows = make_model(seed=2).network.encoder, [make_mel(160), make_mel(70)]
    encoded = []
    for cores in ("1", "4"):
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", cores)
        encoded.append(encode(Encoder(conformer, ONE_ROW, shares=4), rows, 160))

    for one, four in zip(*encoded, strict=True):
        np.testing.assert_array_equal(one, four)


@pytest.mark.parametrize("bias", [True, False])
def test_a_gpus_way_is_the_same(bias: bool) -> None:
    """With whole modules and upstream's convolutions the result is that of a CPU's shares and tiles."""
    model = make_model(bias=bias, seed=4)
    rows = [make_mel(frames) for frames in (160, 23, 88, 1)]
    by_cpu = encode(Encoder(model.network.encoder, ONE_ROW), rows, 160)
    by_gpu = encode(Encoder(model.network.encoder, Device("metal", 4)), rows, 160)

    for one, other in zip(by_cpu, by_gpu, strict=True):
        np.testing.assert_allclose(one, other, atol=5e-6)


def test_layers_of_few_bits_are_encoded() -> None:
    """Linear layers of a few bits, as a GPU keeps them, are encoded as upstream encodes them."""
    conformer = make_model(seed=6).network.encoder
    for layer in conformer.layers:
        nn.quantize(layer, group_size=32, bits=8)
    mel = make_mel(160)
    expected = np.array(conformer(mx.array(mel)[None])[0][0])

    [encoded] = encode(Encoder(conformer, Device("cuda", 1)), [mel], 160)

    np.testing.assert_allclose(encoded, expected, atol=5e-6)


def test_taking_the_weights_leaves_none() -> None:
    """An encoder that takes its weights over is the same, and they are in memory once."""
    conformer, mel = make_model(seed=7).network.encoder, make_mel(80)
    before = encode(Encoder(conformer, ONE_ROW), [mel], 160)

    after = encode(Encoder(conformer, ONE_ROW, take=True), [mel], 160)

    np.testing.assert_array_equal(before, after)
    with pytest.raises(ValueError, match="taken"):
        Encoder(conformer, ONE_ROW)


def test_a_window_beyond_the_ladder() -> None:
    """A window longer than the ladder is encoded too, and changes nothing for those after it."""
    model = make_model(seed=8)
    encoder, mel, long = Encoder(model.network.encoder, ONE_ROW), make_mel(80), make_mel(2_080)
    before = encode(encoder, [mel], 160)
    [encoded] = encode(encoder, [long], 2_080)

    np.testing.assert_allclose(
        encoded, np.array(model.network.encoder(mx.array(long)[None])[0][0]), atol=1e-5
    )
    np.testing.assert_array_equal(before, encode(encoder, [mel], 160))
