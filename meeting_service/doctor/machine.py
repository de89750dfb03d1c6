"""What computes: versions, the model, the device, its arithmetic."""

import importlib.metadata
import platform
from pathlib import Path

from meeting_service.doctor.finding import Finding, Level
from meeting_service.settings import Settings


def check_versions(_settings: Settings) -> Finding:
    """The versions a bug report needs."""
    packages = ("meeting-service", "mlx", "parakeet-mlx", "numpy", "aiohttp")
    listed = [f"Python {platform.python_version()}"]
    listed += [f"{package} {importlib.metadata.version(package)}" for package in packages]
    return Finding("versions", Level.OK, ", ".join(listed))


def check_model(settings: Settings) -> Finding:
    """Whether the models are here, or can be had; of several, the first that is not is told."""
    findings = [_check_one_model(name) for name in settings.model.names]
    amiss = [finding for finding in findings if finding.level is not Level.OK]
    together = Finding("model", Level.OK, "; ".join(finding.found for finding in findings))
    return next(iter(amiss), together)


def _check_one_model(name: str) -> Finding:
    from meeting_service.recogniser import find_model, is_hub_reachable

    if (model := find_model(name)) is not None:
        return Finding("model", Level.OK, f"{name} in {model.directory}")
    if is_hub_reachable():
        advice = f"serve downloads it at its first start, or now: meeting-service model fetch {name}"
        return Finding("model", Level.NOTICE, f"{name} is not downloaded", advice)
    advice = (
        f"where there is a network: meeting-service model fetch {name}; "
        "without one, the bundled model serves to try things out: --model demo"
    )
    return Finding(
        "model", Level.PROBLEM, f"{name} is not downloaded and the model hub cannot be reached", advice
    )


def check_device(_settings: Settings) -> Finding:
    """What computes."""
    from meeting_service.recogniser.blas import count_own_cores
    from meeting_service.recogniser.device import open_device

    kind = open_device().kind
    if kind != "cpu":
        return Finding("device", Level.OK, f"GPU ({kind})")
    found = f"CPU, {count_own_cores()} cores, {platform.machine()}"
    if _has_nvidia_gpu():
        advice = "use it: uv sync --extra cuda --no-install-package mlx-cpu"
        return Finding("device", Level.NOTICE, f"{found}, though there is an NVIDIA GPU", advice)
    return Finding("device", Level.OK, found)


def _has_nvidia_gpu() -> bool:
    return Path("/proc/driver/nvidia/version").exists()


def check_blas(_settings: Settings) -> Finding:
    """Whether what is left to MLX on a CPU is multiplied at the speed of the machine."""
    from meeting_service.recogniser import describe_blas
    from meeting_service.recogniser.device import open_device

    blas = describe_blas()
    if open_device().on_gpu:
        return Finding("linear algebra", Level.OK, "the GPU's")
    if blas.fast:
        return Finding("linear algebra", Level.OK, str(blas))
    advice = (
        "apt install libopenblas0 (Debian, Ubuntu), dnf install openblas (Fedora), "
        "pacman -S openblas (Arch): a few per cent faster, a CTC model some more"
    )
    return Finding("linear algebra", Level.NOTICE, "MLX's own reference BLAS", advice)
