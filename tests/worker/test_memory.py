"""Nothing grows with the length of a meeting: sizes late in it are those of its beginning."""

import gc
import pickle
import sys
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType

import numpy as np

from meeting_service.meeting import Stream
from meeting_service.recognition import Samples
from meeting_service.settings import load_settings
from meeting_service.transcriber import Transcriber
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.sessions.conftest import talk as spoken
from tests.signals import silence, talk
from tests.worker.virtual import Hall

SECOND = 16_000
NOT_OWNED = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)


def deep_size(root: object) -> int:
    """Bytes of everything that is reached from `root`, but for code."""
    seen, waiting, size = {id(root)}, [root], 0
    while waiting:
        found = waiting.pop()
        size += found.nbytes if isinstance(found, np.ndarray) else sys.getsizeof(found)
        for inner in gc.get_referents(found):
            if id(inner) not in seen and not isinstance(inner, NOT_OWNED):
                seen.add(id(inner))
                waiting.append(inner)
    return size


def hear(transcriber: Transcriber, audio: Samples) -> None:
    """Live, drafts included."""
    recogniser = FakeRecogniser()
    for start in range(0, len(audio), SECOND // 5):
        transcriber.accept_audio(audio[start : start + SECOND // 5])
        while not transcriber.complete_known() and (window := transcriber.take_work()):
            transcriber.complete(window, recogniser.recognise([window])[0])
        if window := transcriber.draft_window():
            transcriber.complete_draft(window, recogniser.recognise([window])[0])


def test_a_transcriber_does_not_grow() -> None:
    """Over hours of turns, monologues and silence, with drafts."""
    stream = Stream(id=3, meeting_id="m", participant_id="ann", rate_hz=SECOND, anchor_ms=0)
    transcriber = Transcriber(stream, load_settings().segmenter, detector=LoudnessDetector())
    minutes = cycle([talk(1, 4, 2, 6, 2, 3, 30, 8, 2), talk(1, 57, 2, seed=5), silence(60)])
    sizes = []
    for _ in range(120):
        hear(transcriber, next(minutes))
        sizes.append(len(pickle.dumps(transcriber)))

    assert transcriber.position > 7_000 * SECOND
    assert max(sizes[-30:]) <= 1.01 * max(sizes[:30])


class WeighedHall(Hall):
    """Weighs the worker's loop every few seconds."""

    def weigh(self) -> Sequence[int]:
        """Bytes, in the order of time."""
        sizes: list[int] = []

        def cost(_at_s: float) -> float:
            if len(self.batches) % 20 == 0:
                sizes.append(deep_size(self.loop))
            return 0.02

        self.cost = cost
        self.run()
        return sizes


def test_the_workers_loop_does_not_grow(tmp_path: Path) -> None:
    """With streams that speak, and others that end and make room for new ones."""
    hall = WeighedHall(tmp_path)
    hall.add(spoken(1, 600, pause_s=1.0))
    for turn in range(28):
        hall.add(spoken(turn, 20), from_s=20.0 * turn)
    sizes = hall.weigh()

    quarter = len(sizes) // 4
    assert quarter > 3
    assert np.median(sizes[-quarter:]) <= 1.2 * np.median(sizes[:quarter])
