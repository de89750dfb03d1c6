"""A running service without sockets: real ledger, real store, real worker loop, a recogniser that hashes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import Pcm
from meeting_service.clock import SystemClock
from meeting_service.recognition import Hypothesis, Window
from meeting_service.runtime import LEDGER_FILE, run_sessions
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings, load_settings
from meeting_service.worker.inline import InlineWorker
from tests.fakes import FakeRecogniser, LoudnessDetector

RATE_HZ = 16_000

RunService = Callable[[], AbstractAsyncContextManager[SessionManager]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Default settings on a folder of the test's own."""
    return load_settings(overrides={"data": {"directory": tmp_path / "data"}, "model": {"name": "demo"}})


@pytest.fixture
def recogniser() -> FakeRecogniser:
    """What is behind the worker."""
    return FakeRecogniser()


@pytest.fixture
def run_service(settings: Settings, recogniser: FakeRecogniser) -> RunService:
    """Start a service; again on the same folder after the former one stopped."""

    async def recognise(_model: str, windows: Sequence[Window]) -> list[Hypothesis]:
        await asyncio.sleep(0)
        return recogniser.recognise(windows)

    @asynccontextmanager
    async def run() -> AsyncIterator[SessionManager]:
        ledger_path = settings.data.directory / LEDGER_FILE
        worker = InlineWorker(ledger_path, settings, recognise, LoudnessDetector)
        async with run_sessions(settings, worker, SystemClock()) as sessions:
            yield sessions

    return run


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
