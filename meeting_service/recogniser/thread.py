"""The one thread that recognises: MLX's arrays and streams belong to the thread that made them."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

from meeting_service.errors import MeetingServiceError, RecognitionFailed
from meeting_service.recognition import Hypothesis, Window


class Engine(Protocol):
    """What the thread runs: a recogniser, or a test's stand-in for one."""

    def recognise(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Answer every window, in the order asked."""
        ...


E = TypeVar("E", bound=Engine)
T = TypeVar("T")


class EngineThread(Generic[E]):
    """Owns a thread that loads an engine, runs everything it does and drops it again.

    Any thread may submit; calls run one after another in the order they came. It keeps no count of what
    waits: whoever submits keeps few batches in flight. The thread is not a daemon and is joined by `close`,
    or at the latest when the interpreter ends.
    """

    def __init__(self, load: Callable[[], E]) -> None:
        """Load the engine in the thread, and wait for it.

        Raises:
            CannotStart: from `load`.
            RecognitionFailed: `load` failed in another way.
        """
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._owned = threading.local()  # dropped with the thread, in the thread

        def own() -> None:
            self._owned.engine = load()

        try:
            self._executor.submit(_translated(own)).result()
        except BaseException:
            self._executor.shutdown()
            raise

    def submit(self, windows: Sequence[Window]) -> Future[list[Hypothesis]]:
        """Recognise `windows`; the future fails with `RecognitionFailed`."""
        return self.call(lambda engine: engine.recognise(windows))

    def call(self, use: Callable[[E], T]) -> Future[T]:
        """Run `use` with the engine, in its thread."""
        return self._executor.submit(_translated(lambda: use(self._owned.engine)))

    def close(self) -> None:
        """Finish what was submitted and join the thread; harmless when done twice."""
        self._executor.shutdown(wait=True)

    def __enter__(self) -> "EngineThread[E]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _translated(work: Callable[[], T]) -> Callable[[], T]:
    """`work`, failing in words of this service only."""

    def run() -> T:
        try:
            return work()
        except MeetingServiceError:
            raise
        except Exception as error:
            raise RecognitionFailed(f"recognition failed: {type(error).__name__}") from error

    return run
