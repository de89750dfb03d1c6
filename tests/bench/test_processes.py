import os
import subprocess
import sys
import time

import pytest

from meeting_service.bench.processes import find_children, parse_cpu_time, read_usage


def test_counts_cpu_time_and_memory() -> None:
    """A process that works is seen to use the time it uses, and memory."""
    before, until = read_usage(os.getpid()), time.process_time() + 0.2
    while time.process_time() < until:
        pass
    after = read_usage(os.getpid())

    assert 0.15 <= after.cpu_s - before.cpu_s < 5
    assert 1 << 20 < after.rss_bytes


def test_finds_children() -> None:
    """The children of a process are those it has started and not yet ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in find_children(os.getpid())

        child.communicate(b"\n")

    assert child.pid not in find_children(os.getpid())


def test_says_that_a_process_is_gone() -> None:
    """What is not there cannot be asked."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()

    with pytest.raises(OSError, match=str(child.pid)):
        read_usage(child.pid)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0:01.25", 1.25), ("12:00", 720), ("1:00:01", 3601), ("2-03:00:00", 183_600)]
)
def test_reads_what_ps_writes(text: str, seconds: float) -> None:
    """Minutes and seconds, with hours and days before them where there are any."""
    assert seconds == parse_cpu_time(text)
