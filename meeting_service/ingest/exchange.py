"""Between the caller who has bytes and the thread that decodes them: both sides bounded, neither blind.

FFmpeg pulls its bytes from a file; callers push theirs. So it runs in a thread of its own, and the two hand
each other bytes and samples here. A caller's turn ends when the thread has decoded all it can from the
bytes so far, or has put out as much as one turn may return.
"""

import threading

import numpy as np
from numpy.typing import NDArray

MAX_TURN_VALUES = 1 << 25
"""int16 values of all channels that one turn returns, give or take a block"""


class Closed(Exception):
    """The caller has gone: stop decoding."""


class Exchange:
    """Owned by both sides; every method of a side belongs to that side's thread, `close` to any."""

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._input = bytearray()
        self._ended = False
        self._closed = False
        self._starving = False
        self._output: list[NDArray[np.int16]] = []
        self._output_values = 0
        self._done = False
        self._failure: Exception | None = None

    # The caller's side

    @property
    def pending(self) -> bool:
        """Whether another turn without new bytes would bring something."""
        with self._turn:
            idle = self._starving or self._done
            return not idle or bool(self._output) or self._failure is not None

    def hand_over(self, data: bytes, *, ended: bool = False) -> list[NDArray[np.int16]]:
        """Give bytes and wait for what they decode to; with nothing left, raises what stopped the thread."""
        with self._turn:
            if not self._done:  # what follows the end is of no use to anybody
                self._input += data
            self._ended |= ended
            if data or ended:
                self._starving = False
                self._turn.notify_all()
            self._turn.wait_for(lambda: self._starving or self._done or self._is_full())
            decoded, self._output, self._output_values = self._output, [], 0
            self._turn.notify_all()
            if not decoded and self._failure is not None:
                raise self._failure
            return decoded

    def close(self) -> None:
        """Nobody wants anything any more; what lies here is dropped."""
        with self._turn:
            self._closed = True
            self._input.clear()
            self._output.clear()
            self._failure = None
            self._turn.notify_all()

    # The thread's side; FFmpeg calls `read`

    def read(self, size: int) -> bytes:
        """At most `size` bytes; waits for the first. None are the end."""
        with self._turn:
            while not (self._input or self._ended or self._closed):
                self._starving = True
                self._turn.notify_all()
                self._turn.wait()
            if self._closed:
                return b""
            data = bytes(self._input[:size])
            del self._input[:size]
            return data

    def put_out(self, pcm: NDArray[np.int16]) -> None:
        """Hand over samples; waits while the caller has not fetched a full turn.

        Raises:
            Closed: there is nobody to take them.
        """
        with self._turn:
            self._turn.wait_for(lambda: self._closed or not self._is_full())
            if self._closed:
                raise Closed
            self._output.append(pcm)
            self._output_values += pcm.size
            self._turn.notify_all()

    def stop(self, failure: Exception | None) -> None:
        """Nothing more will be put out, and why if it is not the end."""
        with self._turn:
            self._done, self._failure = True, None if self._closed else failure
            self._turn.notify_all()

    def _is_full(self) -> bool:
        return self._output_values >= MAX_TURN_VALUES
