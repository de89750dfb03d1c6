"""What other processes use: CPU time and memory, as the operating system counts them."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process has used up to now."""

    cpu_s: float
    """of all its threads, in steps of 10 ms on most systems"""
    rss_bytes: int
    """memory it holds now"""


def read_usage(pid: int) -> Usage:
    """What a process uses.

    Raises:
        OSError: there is no such process.
    """
    if not (_PROC / "self/stat").exists():
        return _ask_ps(pid)
    # The name in parentheses may hold anything; what is wanted comes after it.
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
    return Usage((int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND, pages * _PAGE_BYTES)


def find_children(pid: int) -> list[int]:
    """The processes that a process has started and that run."""
    if not (_PROC / "self/stat").exists():
        table = _run_ps("-A", "-o", "pid=,ppid=")
        return [int(child) for child, parent in map(str.split, table) if int(parent) == pid]
    return [int(folder.name) for folder in _PROC.glob("[0-9]*") if _parent(folder) == pid]


def parse_cpu_time(text: str) -> float:
    """Seconds of what `ps` writes: `[[days-]hours:]minutes:seconds`."""
    days, _, clock = text.rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds + 86_400 * int(days or 0)


def _parent(folder: Path) -> int | None:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None  # it has ended meanwhile


def _ask_ps(pid: int) -> Usage:
    lines = _run_ps("-o", "time=,rss=", "-p", str(pid))
    if not lines:
        raise ProcessLookupError(f"there is no process {pid}")
    cpu, kilobytes = lines[0].split()
    return Usage(parse_cpu_time(cpu), int(kilobytes) * 1_024)


def _run_ps(*arguments: str) -> list[str]:
    # It prints nothing, and fails, for a process that is gone.
    done = subprocess.run(["/bin/ps", *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.splitlines()
