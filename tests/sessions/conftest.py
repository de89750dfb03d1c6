"""A running service without sockets: real ledger, real store, real worker loop, a recogniser that hashes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import Pcm
from meeting_service.clock import SystemClock
from meeting_service.data_folder import LEDGER_FILE
from meeting_service.recognition import Hypothesis, Window
from meeting_service.runtime import run_sessions
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings, load_settings
from meeting_service.worker.inline import InlineWorker
from tests.fakes import FakeRecogniser, LoudnessDetector

RATE_HZ = 16_000

OTHER = "other"
"""a second model, which hears other words"""

RunService = Callable[..., AbstractAsyncContextManager[SessionManager]]
"""takes settings other than the test's own"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Default settings on a folder of the test's own."""
    return load_settings(
        overrides={"data": {"directory": tmp_path / "data"}, "model": {"name": "demo", "others": [OTHER]}}
    )


@pytest.fixture
def recogniser() -> FakeRecogniser:
    """What is behind the worker."""
    return FakeRecogniser()


@dataclass
class Halt:
    """Lets so many batches of the other model through, then none."""

    left: int = 1_000_000
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_one(self) -> None:
        """Return if there is one left; else never."""
        if self.left == 0:
            self.reached.set()
            await asyncio.Event().wait()
        self.left -= 1


@pytest.fixture
def halt() -> Halt:
    """What holds up the other model."""
    return Halt()


@pytest.fixture
def run_service(settings: Settings, recogniser: FakeRecogniser, halt: Halt) -> RunService:
    """Start a service; again on the same folder after the former one stopped."""

    async def recognise(model: str, windows: Sequence[Window]) -> list[Hypothesis]:
        await asyncio.sleep(0)
        heard = recogniser.recognise(windows)
        if model != OTHER:
            return heard
        await halt.pass_one()
        return [in_other_words(hypothesis) for hypothesis in heard]

    @asynccontextmanager
    async def run(over: Settings = settings) -> AsyncIterator[SessionManager]:
        ledger_path = over.data.directory / LEDGER_FILE
        worker = InlineWorker(ledger_path, over, recognise, LoudnessDetector)
        async with run_sessions(over, worker, SystemClock()) as sessions:
            yield sessions

    return run


def in_other_words(hypothesis: Hypothesis) -> Hypothesis:
    """What the other model answers."""
    return replace(hypothesis, tokens=[replace(t, text=t.text.upper()) for t in hypothesis.tokens])


def talk(seed: int, seconds: float, *, pause_s: float = 2.0, spoken_s: float = 3.0) -> Pcm:
    """Noise that comes in utterances with pauses between them, `(samples,)` at 16 kHz."""
    rng = np.random.default_rng(seed)
    samples = np.zeros(int(seconds * RATE_HZ), np.int16)
    position = int(0.5 * RATE_HZ)
    while position < len(samples):
        length = int(rng.uniform(0.5, 1.0) * spoken_s * RATE_HZ)
        end = min(len(samples), position + length)
        samples[position:end] = rng.integers(-9_000, 9_000, end - position)
        position = end + int(pause_s * RATE_HZ)
    return samples
