"""Runs the command line as a person does: in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path


def run_command(
    *arguments: str | Path, cwd: Path | None = None, timeout_s: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `meeting-service` to its end; not on a terminal, with the hub out of reach."""
    return subprocess.run(
        [sys.executable, "-m", "meeting_service", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=timeout_s,
        env=clean_environment(**environment),
    )


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without the service's settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MEETING_SERVICE_")}
    return kept | {"HF_HUB_OFFLINE": "1", "COLUMNS": "100"} | more
