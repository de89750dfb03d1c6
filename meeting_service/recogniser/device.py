"""What follows from the device MLX runs on."""

import threading
from dataclasses import dataclass
from typing import Literal

import mlx.core as mx

from meeting_service.recogniser.blas import use_threads

_CACHE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Device:
    """Where the model computes."""

    kind: Literal["cpu", "metal", "cuda"]
    rows: int
    """windows encoded in one call: always exactly this many, so that a window's neighbours never
    change the shape it is computed in, and with it the last bits of its result"""

    @property
    def on_gpu(self) -> bool:
        """Whether results have to be fetched from an accelerator."""
        return self.kind != "cpu"


_ROWS = {"cpu": 1, "metal": 4, "cuda": 16}
"""One row keeps a CPU busy: in fours a long window costs 0.85 as much, but one alone four times as much.
A GPU needs rows to be busy."""


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
    mx.set_cache_limit(_CACHE_BYTES)
    if mx.default_device().type == mx.cpu:
        mx.disable_compile()
        use_threads(1)
        return Device("cpu", _ROWS["cpu"])
    kind: Literal["metal", "cuda"] = "metal" if mx.metal.is_available() else "cuda"
    return Device(kind, _ROWS[kind])
