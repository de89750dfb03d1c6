"""A fast BLAS for MLX on Linux CPUs.

The Linux wheel of MLX links the reference BLAS, some thirty times slower than OpenBLAS. Symbols that are
in the global scope before MLX is loaded win over the linked ones, so a system OpenBLAS is loaded first.
"""

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OVERRIDE = "MEETING_SERVICE_BLAS"
"""Environment variable: a library to load instead of searching; empty or `none` loads nothing."""

_NAMES = ("libopenblas.so.0", "libopenblasp.so.0", "libopenblaso.so.0", "libopenblas.so")
_MAX_THREADS = 4


@dataclass(frozen=True, slots=True)
class Blas:
    """Which BLAS multiplies matrices."""

    path: str | None
    """library that was loaded; None where MLX's own is used"""
    wanted: bool
    """whether this platform needs one: Linux without a GPU"""

    @property
    def fast(self) -> bool:
        """Whether matrix products on the CPU run at the speed of the machine."""
        return self.path is not None or not self.wanted

    def __str__(self) -> str:
        if self.path is not None:
            return f"OpenBLAS ({self.path})"
        if not self.wanted:
            return "the platform's own"
        return "reference BLAS, some thirty times slower than OpenBLAS: install libopenblas0 (Debian, Ubuntu)"


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
            _limit_threads(library)
            return Blas(candidate, wanted)
    return Blas(None, wanted)


def describe_blas() -> Blas:
    """What `load_blas` found, for people."""
    return load_blas()


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


def _limit_threads(library: ctypes.CDLL) -> None:
    """More threads than a few slow small products down; an operator's own setting wins."""
    if "OPENBLAS_NUM_THREADS" in os.environ or not hasattr(library, "openblas_set_num_threads"):
        return
    library.openblas_set_num_threads(min(_MAX_THREADS, os.cpu_count() or 1))
