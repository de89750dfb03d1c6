"""The end of a process: asked for by a signal, and certain whatever hangs.

The first SIGTERM or SIGINT asks, and sets a deadline in a thread of its own. The second finds the system's
own handling in place: nothing of this process has to work any more for it to end at once.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

log = structlog.get_logger()

SIGNALS = (signal.SIGTERM, signal.SIGINT)
LAST_WORDS_S = 0.2
"""how long a late end waits for its line in the log"""
_PR_SET_PDEATHSIG = 1


@contextmanager
def stop_on_signals(stop: asyncio.Event, patience_s: float) -> Iterator[None]:
    """Set `stop` at the first signal; the process ends with 0 at the latest `patience_s` later.

    Main thread only. The deadline stays when the context is left, for there is more to wait for at an exit:
    threads, and what others do after the service has stopped.
    """
    loop = asyncio.get_running_loop()

    def ask(_number: int, _frame: FrameType | None) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        end_within(patience_s)
        loop.call_soon_threadsafe(stop.set)

    for number in SIGNALS:
        # The loop's own handler would have to wait for the loop; what it is for here is to wake it.
        loop.add_signal_handler(number, _wake)
        signal.signal(number, ask)
    try:
        yield
    finally:
        asked = signal.getsignal(signal.SIGTERM) is not ask
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            if asked:
                signal.signal(number, signal.SIG_DFL)


def end_within(patience_s: float) -> None:
    """End this process with 0 after so long, whatever its loop, its threads and its exit are waiting for."""
    threading.Thread(target=_end_after, args=(patience_s,), name="deadline", daemon=True).start()


def end_with_parent() -> None:
    """Have the system kill this process when its parent is gone, even in native code that never returns.

    Linux only; elsewhere a process has to notice by itself.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _wake() -> None:
    """Nothing is left to do: the signal has been handled."""


def _end_after(patience_s: float) -> None:
    threading.Event().wait(patience_s)
    # Whoever reads the log may have stopped reading, and writing to it may never return.
    telling = threading.Thread(target=_tell_late, args=(patience_s,), name="last words", daemon=True)
    telling.start()
    telling.join(LAST_WORDS_S)
    os._exit(0)


def _tell_late(patience_s: float) -> None:
    log.warning("process_ended_late", after_s=patience_s)
