"""What follows from the device MLX runs on."""

import threading
from dataclasses import dataclass
from typing import Literal

import mlx.core as mx

from meeting_service.recogniser.blas import use_threads

_CACHE_BYTES = {"cpu": 1 << 26, "metal": 1 << 30, "cuda": 1 << 30}
"""Buffers MLX may keep for shapes that come again; on a CPU it only loads models and decodes for CTC."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where the model computes."""

    kind: Literal["cpu", "metal", "cuda"]
    rows: int
    """windows encoded in one call: always exactly this many, so that a window's neighbours never
    change the shape it is computed in, and with it the last bits of its result

    On a CPU every window is computed by itself: the same bits in any company, on any number of cores. On a
    GPU rows share a shape and nothing else; should a kernel add rows up in different orders, values of size
    one may differ by 5e-6 in single precision, which is what tests allow, and by 2^-8 in bfloat16. Run by MLX
    on a CPU, both came out the same to the bit."""

    @property
    def on_gpu(self) -> bool:
        """Whether results have to be fetched from an accelerator."""
        return self.kind != "cpu"


_ROWS = {"cpu": 1, "metal": 4, "cuda": 16}
"""One window keeps a CPU busy; a GPU needs more."""


class _Streams:
    """The streams MLX made for one thread; kept by that thread, so that it ends them when it ends.

    Left alone they outlive their thread, and the process aborts when it exits.
    """

    def __del__(self) -> None:
        mx.clear_streams()


_of_this_thread = threading.local()


def open_device() -> Device:
    """The device MLX chose, prepared: a bounded buffer cache and, on a CPU, no run-time C++ compiler.

    To be called in the thread that will compute, before it does.
    """
    if not hasattr(_of_this_thread, "streams"):
        _of_this_thread.streams = _Streams()
    kind = _find_kind()
    mx.set_cache_limit(_CACHE_BYTES[kind])
    if kind == "cpu":
        mx.disable_compile()
        use_threads(1)
    return Device(kind, _ROWS[kind])


def _find_kind() -> Literal["cpu", "metal", "cuda"]:
    if mx.default_device().type == mx.cpu:
        return "cpu"
    return "metal" if mx.metal.is_available() else "cuda"
