from collections.abc import Callable
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from numpy.typing import NDArray

from meeting_service.recogniser import Recogniser, find_model
from meeting_service.recogniser.device import Device
from meeting_service.recogniser.device_encoder import DeviceEncoder
from meeting_service.recogniser.encoder import Encoder, make_encoder
from meeting_service.recogniser.host_encoder import HostEncoder
from meeting_service.recogniser.loading import load_model
from tests.recogniser.tiny import BINS, ONE_ROW, make_model

Matrix = NDArray[np.float32]

Make = Callable[[Any], Encoder]
EVERY = pytest.mark.parametrize("make", [HostEncoder, DeviceEncoder])


def make_mel(frames: int, bins: int = BINS, seed: int = 0) -> Matrix:
    """Features from nowhere, `(frames, bins)`."""
    return np.random.default_rng(seed + frames).standard_normal((frames, bins)).astype(np.float32)


def encode(encoder: Encoder, rows: list[Matrix], length: int) -> list[Matrix]:
    """Encode `rows` in one batch padded to `length` mel frames; real frames only."""
    batch = np.full((len(rows), length, rows[0].shape[1]), 7.0, np.float32)
    for row, mel in zip(batch, rows, strict=True):
        row[: len(mel)] = mel
    encoded = np.array(encoder(batch, [len(mel) for mel in rows]).astype(mx.float32))
    return [row[: encoder.frames(len(mel))] for row, mel in zip(encoded, rows, strict=True)]


def encode_upstream(conformer: Any, mel: Matrix) -> Matrix:
    """What upstream makes of one window without padding."""
    encoded: Matrix = np.array(conformer(mx.array(mel)[None])[0][0])
    return encoded


@EVERY
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("frames", [1, 7, 8, 9, 63, 64, 157, 160])
def test_padding_does_not_matter(make: Make, frames: int, bias: bool) -> None:
    """A padded window, whatever the padding holds, is encoded as upstream encodes it without padding."""
    conformer, mel = make_model(bias=bias, seed=frames).network.encoder, make_mel(frames)
    expected = encode_upstream(conformer, mel)
    encoder = make(conformer)

    for length in (160, 200, 248):
        [encoded] = encode(encoder, [mel], length)

        np.testing.assert_allclose(encoded, expected, atol=5e-6)


@EVERY
def test_neighbours_do_not_matter(make: Make) -> None:
    """A row of a batch equals the row alone."""
    encoder = make(make_model(seed=3).network.encoder)
    rows = [make_mel(frames) for frames in (160, 23, 88, 1)]

    for mel, encoded in zip(rows, encode(encoder, rows, 160), strict=True):
        [alone] = encode(encoder, [mel], 160)

        np.testing.assert_allclose(encoded, alone, atol=5e-6)


@EVERY
def test_an_idle_row_is_finite(make: Make) -> None:
    """A row with nothing real in it has no NaN that could spread."""
    encoder = make(make_model().network.encoder)

    assert np.isfinite(np.array(encoder(np.zeros((2, 80, BINS), np.float32), [80, 0]))).all()


@EVERY
def test_the_bundled_model_padded_and_batched(make: Make, recogniser: Recogniser) -> None:
    """The real model encodes a padded batch as upstream encodes each window alone."""
    path = find_model("demo")
    assert path is not None
    conformer = load_model(path, ONE_ROW).network.encoder
    rows = [make_mel(frames, 80) for frames in (333, 100, 401)]
    expected = [encode_upstream(conformer, mel) for mel in rows]

    for encoded, one in zip(encode(make(conformer), rows, 500 - 500 % 8), expected, strict=True):
        np.testing.assert_allclose(encoded, one, atol=1e-4)


def test_a_cpus_rows_are_equal_to_the_bit() -> None:
    """On a CPU a row has the same bits alone and in any batch."""
    encoder = HostEncoder(make_model(seed=3).network.encoder)
    rows = [make_mel(frames) for frames in (160, 23, 88, 1)]

    for mel, encoded in zip(rows, encode(encoder, rows, 160), strict=True):
        np.testing.assert_array_equal(encoded, encode(encoder, [mel], 160)[0])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shares", [1, 2, 4])
def test_shares_make_the_whole(shares: int, bias: bool) -> None:
    """However many shares a block is computed in, it is upstream's, up to the order of sums."""
    conformer, mel = make_model(bias=bias, seed=1).network.encoder, make_mel(160)
    expected = encode_upstream(conformer, mel)

    [encoded] = encode(HostEncoder(conformer, shares=shares), [mel], 160)

    np.testing.assert_allclose(encoded, expected, atol=5e-6)


def test_cores_change_nothing() -> None:
    """The same shares on one core, three and four give the same bits."""
    rows = [make_mel(160), make_mel(70)]
    one, three, four = (
        encode(HostEncoder(make_model(seed=2).network.encoder, shares=4, cores=cores), rows, 160)
        for cores in (1, 3, 4)
    )

    for first, second, third in zip(one, three, four, strict=True):
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(first, third)


def test_a_window_beyond_the_ladder() -> None:
    """A window longer than the ladder is encoded too, and changes nothing for those after it."""
    conformer, mel, long = make_model(seed=8).network.encoder, make_mel(80), make_mel(2_080)
    expected = encode_upstream(conformer, long)
    encoder = HostEncoder(conformer)
    before = encode(encoder, [mel], 160)
    [encoded] = encode(encoder, [long], 2_080)

    np.testing.assert_allclose(encoded, expected, atol=1e-5)
    np.testing.assert_array_equal(before, encode(encoder, [mel], 160))


def test_hardly_any_padding() -> None:
    """On a CPU a window is at most a few frames longer than its audio."""
    encoder = HostEncoder(make_model().network.encoder)

    assert all(frames <= encoder.length(frames) <= max(1.13 * frames, 2) for frames in range(300))


def test_a_cpu_takes_the_weights() -> None:
    """They are in memory once; a second encoder of the same layers is refused."""
    conformer = make_model(seed=7).network.encoder

    make_encoder(conformer, ONE_ROW)

    with pytest.raises(ValueError, match="taken"):
        make_encoder(conformer, ONE_ROW)


def test_a_gpu_leaves_the_model_as_it_was() -> None:
    """Encoding there changes nothing in upstream's modules: they encode the same before and after."""
    conformer, mel = make_model(seed=5).network.encoder, make_mel(80)
    before = encode_upstream(conformer, mel)

    encode(make_encoder(conformer, Device("metal", 4)), [make_mel(40)], 160)

    np.testing.assert_array_equal(before, encode_upstream(conformer, mel))


def test_half_precision_stays_half() -> None:
    """In bfloat16 nothing is promoted on the way, which would double the work."""
    conformer = make_model().network.encoder
    conformer.set_dtype(mx.bfloat16)

    encoded = DeviceEncoder(conformer)(np.zeros((1, 80, BINS), np.float32), [70])

    assert mx.bfloat16 == encoded.dtype


def test_half_precision_on_a_cpu() -> None:
    """A CPU computes with weights in bfloat16 too, in single precision."""
    conformer, mel = make_model(seed=9).network.encoder, make_mel(80)
    conformer.set_dtype(mx.bfloat16)
    expected = encode(DeviceEncoder(conformer), [mel], 80)

    np.testing.assert_allclose(encode(HostEncoder(conformer), [mel], 80), expected, atol=0.1)


def test_layers_of_few_bits_are_encoded() -> None:
    """Linear layers of a few bits, as a GPU keeps them, are encoded as upstream encodes them."""
    conformer, mel = make_model(seed=6).network.encoder, make_mel(160)
    for layer in conformer.layers:
        nn.quantize(layer, group_size=32, bits=8)

    [encoded] = encode(DeviceEncoder(conformer), [mel], 160)

    np.testing.assert_allclose(encoded, encode_upstream(conformer, mel), atol=5e-6)
