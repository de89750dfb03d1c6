"""Whether this machine can run the service: one finding per thing checked, with what to do about it."""

import http.client
import importlib.metadata
import json
import os
import platform
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from meeting_service.errors import CannotStart
from meeting_service.preflight import check_folder, check_port, existing_parent
from meeting_service.settings import Settings

MIN_FREE_BYTES = 1 << 30
GOOD_FREE_BYTES = 10 << 30
"""about thirty hours of one participant at 48 kHz"""
SLOW_SYNC_MS = 20.0
_SYNCS = 9
_ANSWER_S = 1.0
_HEALTH_BYTES = 4_096


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTICE = "notice"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    level: Level
    found: str
    advice: str = ""
    """what to do; empty when nothing needs doing"""


def examine(settings: Settings) -> list[Finding]:
    """Check everything; takes a few seconds and leaves nothing behind. A check that breaks is a problem."""
    checks: dict[str, Callable[[Settings], Finding]] = {
        "versions": check_versions,
        "model": check_model,
        "device": check_device,
        "linear algebra": check_blas,
        "sqlite": check_sqlite,
        "data folder": check_data_folder,
        "disk space": check_space,
        "disk sync": check_sync,
        "port": check_listening,
    }
    return [_guarded(name, check, settings) for name, check in checks.items()]


def _guarded(name: str, check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return check(settings)
    except CannotStart as error:
        return Finding(name, Level.PROBLEM, error.detail)
    except Exception as error:
        return Finding(name, Level.PROBLEM, f"the check failed: {type(error).__name__}: {error}")


def check_versions(_settings: Settings) -> Finding:
    """The versions a bug report needs."""
    packages = ("meeting-service", "mlx", "parakeet-mlx", "aiohttp")
    listed = [f"Python {platform.python_version()}"]
    listed += [f"{package} {importlib.metadata.version(package)}" for package in packages]
    return Finding("versions", Level.OK, ", ".join(listed))


def check_model(settings: Settings) -> Finding:
    """Whether the model is here, or can be had."""
    from meeting_service.recogniser import find_model, is_hub_reachable

    name = settings.model.name
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
    from meeting_service.recogniser.device import open_device

    kind = open_device().kind
    if kind != "cpu":
        return Finding("device", Level.OK, f"GPU ({kind})")
    found = f"CPU, {os.cpu_count()} cores, {platform.machine()}"
    if _has_nvidia_gpu():
        advice = "use it: uv sync --extra cuda --no-install-package mlx-cpu"
        return Finding("device", Level.NOTICE, f"{found}, though there is an NVIDIA GPU", advice)
    return Finding("device", Level.OK, found)


def _has_nvidia_gpu() -> bool:
    return Path("/proc/driver/nvidia/version").exists()


def check_blas(_settings: Settings) -> Finding:
    """Whether matrix products run at the speed of the machine."""
    from meeting_service.recogniser import describe_blas

    blas = describe_blas()
    if blas.fast:
        return Finding("linear algebra", Level.OK, str(blas))
    advice = (
        "apt install libopenblas0 (Debian, Ubuntu), dnf install openblas (Fedora), "
        "pacman -S openblas (Arch): some thirty times faster"
    )
    return Finding("linear algebra", Level.NOTICE, "MLX's own reference BLAS", advice)


def check_sqlite(_settings: Settings) -> Finding:
    """SQLite's version."""
    return judge_sqlite(sqlite3.sqlite_version_info)


def judge_sqlite(version: tuple[int, int, int]) -> Finding:
    """Versions 3.7.0 to 3.51.2 can damage a write-ahead log that several connections write."""
    name = ".".join(map(str, version))
    if version < (3, 35):
        advice = "use a Python built with SQLite 3.35 or later"
        return Finding("sqlite", Level.PROBLEM, f"{name} is too old", advice)
    if version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45):
        return Finding("sqlite", Level.OK, name)
    return Finding(
        "sqlite",
        Level.NOTICE,
        f"{name}; before 3.51.3 several writers can damage a database in WAL mode",
        "nothing, as the service writes with one connection; let no other program write to its databases",
    )


def check_data_folder(settings: Settings) -> Finding:
    """Whether the databases can be written."""
    folder = settings.data.directory
    check_folder(folder)
    found = f"{folder.absolute()}" if folder.exists() else f"{folder.absolute()} will be made at start"
    return Finding("data folder", Level.OK, found)


def check_space(settings: Settings) -> Finding:
    """How much audio still fits."""
    return judge_space(shutil.disk_usage(existing_parent(settings.data.directory)).free)


def judge_space(free_bytes: int) -> Finding:
    """Whether so much room is enough."""
    found = f"{free_bytes / (1 << 30):.1f} GiB free"
    if free_bytes >= GOOD_FREE_BYTES:
        return Finding("disk space", Level.OK, found)
    level = Level.NOTICE if free_bytes >= MIN_FREE_BYTES else Level.PROBLEM
    advice = "an hour of one participant at 48 kHz takes 0.3 GiB: make room, or choose another --data"
    return Finding("disk space", level, found, advice)


def check_sync(settings: Settings) -> Finding:
    """How long the disk takes to keep a small write; audio is acknowledged only after that."""
    with tempfile.TemporaryFile(dir=existing_parent(settings.data.directory)) as file:
        took_ms = [_sync_ms(file.fileno()) for _ in range(_SYNCS)]
    return judge_sync(statistics.median(took_ms))


def judge_sync(took_ms: float) -> Finding:
    """Whether a synced write is quick enough."""
    found = f"{took_ms:.1f} ms for a synced write"
    if took_ms <= SLOW_SYNC_MS:
        return Finding("disk sync", Level.OK, found)
    advice = "acknowledgements wait for it: a faster disk makes them sooner"
    return Finding("disk sync", Level.NOTICE, found, advice)


def _sync_ms(descriptor: int) -> float:
    os.write(descriptor, bytes(4096))
    begin = time.perf_counter()
    os.fsync(descriptor)
    return (time.perf_counter() - begin) * 1000


def check_listening(settings: Settings) -> Finding:
    """Whether the port is free, or taken by a service of this kind."""
    host, port = settings.server.host, settings.server.port
    try:
        check_port(host, port)
    except CannotStart:
        if (version := _find_service(host, port)) is None:
            raise
        return Finding("port", Level.OK, f"meeting-service {version} is running on {host} port {port}")
    return Finding("port", Level.OK, f"{port} on {host} is free")


def _find_service(host: str, port: int) -> str | None:
    """The version of the service that answers there, if one does."""
    connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_S)
    try:
        connection.request("GET", "/healthz")
        health = json.loads(connection.getresponse().read(_HEALTH_BYTES))
        return str(health["version"])
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return None
    finally:
        connection.close()
