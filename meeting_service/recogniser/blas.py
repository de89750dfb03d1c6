"""What multiplies matrices on a CPU, and with how many threads.

The encoder multiplies in NumPy, whose wheels bring OpenBLAS. What is left to MLX is little, but its Linux
wheel links the reference BLAS, some thirty times slower than OpenBLAS. Symbols that are in the global scope
before MLX is loaded win over the linked ones, so a system OpenBLAS is loaded first.
"""

import contextlib
import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

OVERRIDE = "MEETING_SERVICE_BLAS"
"""Environment variable: a library to load instead of searching; empty or `none` loads nothing."""

_NAMES = ("libopenblas.so.0", "libopenblasp.so.0", "libopenblaso.so.0", "libopenblas.so")
_WITH_SMALL_PRODUCTS = {b"SkylakeX", b"Cooperlake", b"SapphireRapids", b"Sapphirerapids"}
_THREADS = "OPENBLAS_NUM_THREADS"


@dataclass(frozen=True, slots=True)
class Blas:
    """Which BLAS multiplies what is left to MLX on a CPU."""

    path: str | None
    """library that was loaded; None where MLX's own is used"""
    wanted: bool
    """whether MLX lacks a fast one on this platform: on Linux"""

    @property
    def fast(self) -> bool:
        """Whether MLX multiplies on the CPU at the speed of the machine."""
        return self.path is not None or not self.wanted

    def __str__(self) -> str:
        if self.path is not None:
            return f"OpenBLAS ({self.path})"
        if not self.wanted:
            return "the platform's own"
        return "reference BLAS beside the encoder's own: a few per cent slower, install libopenblas0"


@cache
def load_blas() -> Blas:
    """Load a system OpenBLAS into the global symbol scope, once; only effective before MLX is imported."""
    wanted = sys.platform == "linux"
    if not wanted or "mlx.core" in sys.modules:
        return Blas(None, wanted)
    for candidate in _candidates():
        try:
            library = ctypes.CDLL(candidate, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        if hasattr(library, "cblas_sgemm"):
            return Blas(candidate, wanted)
    return Blas(None, wanted)


def describe_blas() -> Blas:
    """What `load_blas` found, for people."""
    return load_blas()


def use_threads(count: int) -> None:
    """Let the BLAS spread one product over so many threads.

    The encoder spreads its work itself, over `count_cores()`, and wants one: OpenBLAS's own threads wait for
    each other by spinning, which took a third more CPU, and leave to one what lies between the products.
    """
    path = load_blas().path
    with contextlib.suppress(AttributeError):  # a BLAS that is not OpenBLAS has its own ways
        if path is not None:
            ctypes.CDLL(path).openblas_set_num_threads(count)
        _numpys("set_num_threads")(count)


def has_small_products() -> bool:
    """Whether NumPy's BLAS multiplies small matrices as they lie: OpenBLAS does with AVX-512."""
    try:
        name = _numpys("get_corename")
    except AttributeError:
        return False
    name.restype = ctypes.c_char_p
    return name() in _WITH_SMALL_PRODUCTS


def _numpys(function: str) -> Any:
    """A function of the OpenBLAS that NumPy's wheels bring.

    Raises:
        AttributeError: this NumPy has another one.
    """
    for path in (Path(np.__file__).parent.parent / "numpy.libs").glob("libscipy_openblas64_*"):
        return getattr(ctypes.CDLL(str(path)), f"scipy_openblas_{function}64_")
    raise AttributeError(function)


def count_cores() -> int:
    """How many cores one window may keep busy; what an operator allows OpenBLAS counts."""
    allowed = os.environ.get(_THREADS, "")
    if allowed.isdecimal() and int(allowed) > 0:
        return int(allowed)
    return count_own_cores()


def count_own_cores() -> int:
    """How many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _candidates() -> Iterator[str]:
    override = os.environ.get(OVERRIDE)
    if override is not None:
        if override.lower() not in ("", "none"):
            yield override
        return
    yield from _NAMES
    triplet = f"{platform.machine()}-linux-gnu"
    for folder in (f"/usr/lib/{triplet}", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/opt/OpenBLAS/lib"):
        yield from (str(path) for path in sorted(Path(folder).glob("**/libopenblas*.so*"))[:8])
