"""The end of a process: asked for, and certain. Each test ends a real one."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from meeting_service.ending import SIGNALS

SERVE = """
import asyncio, sys, threading, time
from meeting_service.ending import stop_on_signals

async def main():
    stop = asyncio.Event()
    with stop_on_signals(stop, {patience_s}):
        print("ready", flush=True)
        await stop.wait()
        print("asked", flush=True)
        {then}

asyncio.run(main())
"""
NEVER_ENDS = "threading.Thread(target=threading.Event().wait).start()"
BLOCKED = "time.sleep(600)"
UNREAD = "sys.stderr.write('x' * 10_000_000)"
ORPHAN = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c",
    "from meeting_service.ending import end_with_parent; import time; end_with_parent(); "
    "print('ready', flush=True); time.sleep(600)"], stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs `code`; it is not there any more afterwards."""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def hear(process: subprocess.Popen[str]) -> str:
    """The next line it says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_asks(number: signal.Signals) -> None:
    """The event is set, and what follows it goes on to its end."""
    with running(SERVE.format(patience_s=60, then="")) as process:
        assert "ready" == hear(process)
        process.send_signal(number)

        assert "asked" == hear(process)
        assert 0 == process.wait()


@pytest.mark.parametrize("number", SIGNALS)
def test_the_second_signal_is_obeyed_by_the_system(number: signal.Signals) -> None:
    """At once, although the event loop is blocked and would run nothing of ours."""
    with running(SERVE.format(patience_s=60, then=BLOCKED)) as process:
        assert "ready" == hear(process)
        process.send_signal(signal.SIGTERM)
        assert "asked" == hear(process)
        process.send_signal(number)

        assert -number == process.wait()


@pytest.mark.parametrize("then", [BLOCKED, NEVER_ENDS])
def test_the_deadline_holds_whatever_hangs(then: str) -> None:
    """A blocked loop, or a thread that an exit would wait for: the process ends, and with 0."""
    with running(SERVE.format(patience_s=0.1, then=then)) as process:
        assert "ready" == hear(process)
        process.send_signal(signal.SIGTERM)
        assert "asked" == hear(process)

        assert 0 == process.wait()


def test_the_deadline_holds_when_nobody_reads_the_log() -> None:
    """The main thread waits for a full pipe, and so would a last line to the same pipe."""
    code = SERVE.format(patience_s=0.1, then=UNREAD)
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert "ready" == hear(process)
        process.send_signal(signal.SIGTERM)
        assert "asked" == hear(process)
        try:
            assert 0 == process.wait(timeout=60)
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a child notices by itself")
def test_a_child_ends_with_its_parent() -> None:
    """Even one that is stopped and could notice nothing."""
    with running(ORPHAN) as parent:
        child = psutil.Process(int(hear(parent)))
        child.suspend()
        parent.kill()
        parent.wait()

        psutil.wait_procs([child])
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
