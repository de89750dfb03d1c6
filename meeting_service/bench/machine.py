"""What was measured on, and what with."""

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_PACKAGES = ("meeting-service", "mlx", "parakeet-mlx", "numpy", "aiohttp")


@cache
def describe_machine() -> Mapping[str, str | int | bool]:
    """Processor, cores, memory, system, linear algebra, device."""
    from meeting_service.recogniser import describe_blas
    from meeting_service.recogniser.blas import count_own_cores, has_small_products
    from meeting_service.recogniser.device import open_device

    return {
        "processor": _processor(),
        "cores": count_own_cores(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "numpy_small_products": has_small_products(),
        "mlx_blas": str(describe_blas()),
        "device": open_device().kind,
    }


def list_versions() -> Mapping[str, str]:
    """Of what takes part."""
    versions = {package: importlib.metadata.version(package) for package in _PACKAGES}
    return {"python": platform.python_version(), **versions}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
