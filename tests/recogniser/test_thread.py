import subprocess
import sys
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from meeting_service.errors import CannotStart, RecognitionFailed
from meeting_service.recogniser import EngineThread, Recogniser, find_model, load_recogniser
from meeting_service.recognition import Hypothesis, Window
from tests.fakes import FakeRecogniser

WINDOW = Window(np.ones(3_200, np.float32), 0, 0, 3_200)


class Watched:
    """An engine that tells which thread it runs and dies in, or fails in its own way."""

    def __init__(self, threads: list[int], failure: Exception | None = None) -> None:
        self._threads, self._failure = threads, failure
        self._note()

    def __del__(self) -> None:
        self._note()

    def recognise(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """No hypotheses."""
        self._note()
        if self._failure is not None:
            raise self._failure
        return []

    def _note(self) -> None:
        self._threads.append(threading.get_ident())


def fail(error: Exception) -> FakeRecogniser:
    """An engine that cannot be loaded."""
    raise error


def test_one_thread_for_all() -> None:
    """An engine is made, used and dropped in one thread, which is not the caller's and ends with `close`."""
    threads: list[int] = []
    with EngineThread(lambda: Watched(threads)) as thread:
        thread.submit([]).result()
        thread.submit([]).result()

    assert 4 == len(threads)
    assert 1 == len(set(threads))
    assert threading.get_ident() not in threads
    assert not [thread for thread in threading.enumerate() if thread.ident in threads]


def test_answers_come_in_order() -> None:
    """Every submission gets its own answer."""
    with EngineThread(FakeRecogniser) as thread:
        futures = [thread.submit([WINDOW] * count) for count in range(5)]

        assert list(range(5)) == [len(future.result()) for future in futures]


def test_a_model_that_cannot_be_loaded() -> None:
    """What stops the loading is raised where the thread was started, and no thread is left."""
    before = threading.active_count()

    with pytest.raises(CannotStart, match="no weights"):
        EngineThread(lambda: fail(CannotStart("no weights")))
    with pytest.raises(RecognitionFailed, match="MemoryError"):
        EngineThread(lambda: fail(MemoryError()))

    assert before == threading.active_count()


def test_a_failed_call_fails_alone() -> None:
    """A failure reaches its own future, in words of this service, and the next call works."""
    with EngineThread(lambda: FakeRecogniser(fail_calls=1)) as thread:
        with pytest.raises(RecognitionFailed, match="told to fail"):
            thread.submit([WINDOW]).result()
        assert 1 == len(thread.submit([WINDOW]).result())

    with EngineThread(lambda: Watched([], ValueError("words of a speaker"))) as thread:
        with pytest.raises(RecognitionFailed) as caught:
            thread.submit([]).result()
        assert "ValueError" in caught.value.detail
        assert "speaker" not in caught.value.detail


def test_closing_finishes_what_was_begun() -> None:
    """What was submitted is answered; afterwards nothing can be; closing twice is harmless."""
    thread = EngineThread(FakeRecogniser)
    pending = [thread.submit([WINDOW]) for _ in range(3)]

    thread.close()
    thread.close()

    assert all(len(future.result(0)) == 1 for future in pending)
    with pytest.raises(RuntimeError):
        thread.submit([WINDOW])


def test_the_bundled_model_in_its_thread(recogniser: Recogniser, windows: list[Window]) -> None:
    """A model loaded and used in the thread answers as one in this thread does."""
    path = find_model("demo")
    assert path is not None

    with EngineThread(lambda: load_recogniser(path)) as thread:
        answers = thread.submit(windows[:2]).result()
        kind = thread.call(lambda engine: engine.describe().kind).result()

    assert [h.tokens for h in recogniser.recognise(windows[:2])] == [h.tokens for h in answers]
    assert "TDT" == kind


@pytest.mark.parametrize("ending", ["thread.close()", "pass", "raise SystemExit(0)"])
def test_the_interpreter_ends_cleanly(ending: str) -> None:
    """With the thread closed, forgotten, or left by an exit, the process ends with 0 and says nothing."""
    code = f"""
import numpy as np
from meeting_service.recogniser import EngineThread, find_model, load_recogniser
from meeting_service.recognition import Window
thread = EngineThread(lambda: load_recogniser(find_model("demo")))
samples = np.zeros(16_000, np.float32)
thread.submit([Window(samples, 0, 0, len(samples))]).result()
{ending}
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )

    assert (0, "") == (done.returncode, done.stderr)
