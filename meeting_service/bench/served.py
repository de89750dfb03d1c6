"""A `serve` to measure: a process of its own on loopback, with its worker child, stopped at the end."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meeting_service.bench.processes import Usage, find_children, read_usage
from meeting_service.errors import MeetingServiceError
from meeting_service.recogniser.blas import OVERRIDE

START_PATIENCE_S = 300.0
"""a model of full size is read and warmed in this"""
STOP_PATIENCE_S = 60.0
LOG_FILE = "service.log"

Options = Mapping[str, Mapping[str, Any]]
"""Settings by section and name, over the default ones."""


@dataclass(frozen=True, slots=True)
class ServedUsage:
    """What both processes have used up to now."""

    service: Usage
    worker: Usage

    @property
    def cpu_s(self) -> float:
        """Of both."""
        return self.service.cpu_s + self.worker.cpu_s

    @property
    def rss_bytes(self) -> int:
        """Of both."""
        return self.service.rss_bytes + self.worker.rss_bytes


@dataclass(frozen=True, slots=True)
class Served:
    """A service that is ready."""

    url: str
    service_pid: int
    worker_pid: int
    log: Path
    """what it logs, one JSON object a line"""

    def usage(self) -> ServedUsage:
        """What it uses.

        Raises:
            OSError: the service or its worker has died.
        """
        return ServedUsage(read_usage(self.service_pid), read_usage(self.worker_pid))


@contextmanager
def serve(
    folder: Path, model: str | Path, options: Options | None = None, *, module: str = "meeting_service"
) -> Iterator[Served]:
    """Start the service with its data in `folder`, made if need be; warm when this yields.

    Another `module` than the service's own has the same command line.

    Raises:
        MeetingServiceError: it did not start; with the line it said why in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config, log = folder / "config.toml", folder / LOG_FILE
    config.write_text(_to_toml({**(options or {}), "logging": _logging(options)}), encoding="utf-8")
    places = ("--port", "0", "--config", str(config), "--data", str(folder / "data"), "--model", str(model))
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(  # noqa: S603 - this interpreter, with arguments of our own
            [sys.executable, "-m", module, "serve", *places],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=_without_settings(os.environ),
        )
    try:
        yield Served(_wait_until_ready(process, log), process.pid, _find_worker(process.pid), log)
    finally:
        _stop(process)


def read_log(log: Path, event: str) -> list[dict[str, Any]]:
    """Every entry of that name, in order."""
    entries = []
    for line in log.read_text(encoding="utf-8").splitlines():
        if line.startswith("{") and (entry := json.loads(line)).get("event") == event:
            entries.append(entry)
    return entries


def _without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """No setting of the surroundings counts, but the BLAS is the one that the bench itself has."""
    return {k: v for k, v in environment.items() if k == OVERRIDE or not k.startswith("MEETING_SERVICE_")}


def _wait_until_ready(process: "subprocess.Popen[str]", log: Path) -> str:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    late = threading.Timer(START_PATIENCE_S, process.kill)
    late.start()
    try:
        line = process.stdout.readline()
    finally:
        late.cancel()
    if not line:
        said = log.read_text(encoding="utf-8").strip().splitlines() or ["it said nothing"]
        raise MeetingServiceError(f"the service to measure did not start: {said[-1]}")
    return line.split()[-1]


def _find_worker(pid: int) -> int:
    children = find_children(pid)
    if len(children) != 1:
        raise MeetingServiceError(f"the service to measure has {len(children)} children instead of a worker")
    return children[0]


def _stop(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _logging(options: Options | None) -> Mapping[str, Any]:
    return {"level": "warning", **(options or {}).get("logging", {}), "json": True}


def _to_toml(options: Options) -> str:
    # JSON's strings, numbers, booleans and arrays of them are TOML's too.
    sections = [
        f"[{section}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
        for section, values in options.items()
    ]
    return "\n".join(sections)
