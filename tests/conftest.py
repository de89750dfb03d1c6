"""What every test is held to: nothing blocks the event loop, no task is left behind, no exception is lost.

Time on the loop is measured as processor time of its thread, so that a busy machine fails no test;
sleeping costs no processor time and is caught when it is called. Many tests wait more than they work,
so files of them run beside each other; tests of one file run one after the other.
"""

import asyncio
import gc
import inspect
import json
import logging
import shutil
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import ClientSession

from meeting_service.logs import QUIET
from meeting_service.recogniser import find_model
from meeting_service.recogniser.blas import count_cores
from tests.audio_service import AudioService, Bot

LOOP_STEP_LIMIT_S = 1.0
"""Processor seconds that one step of an event loop may take."""
GRACE_S = 10.0
"""Seconds that tasks which are already ending may take to end."""
MOST_CORES = 8
"""Each process of tests may have services and a browser of its own."""


class _Collector(threading.local):
    """What the garbage collector took of this thread: the heap of all tests is not the service's."""

    spent_s = 0.0
    """processor seconds"""
    begun_s = 0.0
    """when it began, by the thread's processor time"""


_blocking: list[str] = []
"""What was caught since the current test began; read by the guard after it."""
_lost: list[str] = []
"""Exceptions that nobody saw, each with the test on whose loop it was; read by the guard after each test."""
_collector = _Collector()
_run_step = asyncio.Handle._run
_sleep = time.sleep


def _run_step_timed(handle: asyncio.Handle) -> None:
    started_s = time.thread_time() - _collector.spent_s
    _run_step(handle)
    spent_s = time.thread_time() - _collector.spent_s - started_s
    if spent_s > LOOP_STEP_LIMIT_S:
        task = getattr(getattr(handle, "_callback", None), "__self__", handle)
        _blocking.append(f"{spent_s:.2f} s of processor time in one step: {task!r}")


def _time_collection(phase: str, _info: dict[str, int]) -> None:
    now_s = time.thread_time()
    if phase == "start":
        _collector.begun_s = now_s
    else:
        _collector.spent_s += now_s - _collector.begun_s


def _sleep_watched(seconds: float) -> None:
    if asyncio._get_running_loop() is not None:
        caller = sys._getframe(1)
        _blocking.append(f"time.sleep({seconds}) in {caller.f_code.co_filename}:{caller.f_lineno}")
    _sleep(seconds)


def pytest_configure() -> None:
    """Watch every event loop of the run."""
    gc.callbacks.append(_time_collection)
    asyncio.Handle._run = _run_step_timed  # type: ignore[assignment, method-assign]
    time.sleep = _sleep_watched  # type: ignore[assignment]
    _log_plainly()


def _log_plainly() -> None:
    """As the service does, tracebacks without local variables: to print whole arrays takes seconds."""
    structlog.reset_defaults()
    *before, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, plain])


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Processes to run tests in: one more than cores; only this one for single files and for shown output."""
    few = any(".py" in argument for argument in config.args)
    return 0 if few or config.option.capture == "no" else min(count_cores(), MOST_CORES) + 1


@pytest.fixture(scope="session", autouse=True)
def nothing_is_lost_at_the_end() -> Iterator[None]:
    """Fail the last test of a process for what nobody saw and what came too late for the test it is of."""
    yield
    gc.collect()
    _assert_none_lost()


@pytest.fixture(autouse=True)
def nothing_is_lost(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test on whose loop was an exception that nobody saw.

    It ends after all others: what the test held is let go and tells now, not during another test. What is
    left then belongs to the run and is looked through no more.
    """
    yield
    request.node.funcargs.clear()
    gc.collect()
    gc.freeze()
    _assert_none_lost()


def _assert_none_lost() -> None:
    lost, _lost[:] = _lost[:], []
    assert not lost, "exceptions nobody saw: " + "; ".join(lost)


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(request: pytest.FixtureRequest, nothing_is_lost: None) -> Iterator[None]:
    """Fail a test during which something blocked an event loop."""
    _blocking.clear()
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("nothing_is_left_on_the_loop")
    yield
    assert not _blocking, "the event loop was blocked: " + "; ".join(_blocking)


@pytest.fixture(scope="session")
def loud(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with the bundled model, whose words are written in capitals."""
    demo = find_model("demo")
    assert demo is not None
    folder = tmp_path_factory.mktemp("models") / "loud"
    shutil.copytree(demo.directory, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    vocabulary = config["joint"]["vocabulary"]
    config["joint"]["vocabulary"] = [p if p.startswith("<") else p.upper() for p in vocabulary]
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return str(folder)


@pytest.fixture
def limits() -> dict[str, float]:
    """Settings of `[limits]` of a test's own, for `audio_service`; a file of tests may have others."""
    return {}


@pytest.fixture
async def audio_service(tmp_path: Path, limits: dict[str, float]) -> AsyncIterator[AudioService]:
    """A running service with one live meeting, `m1`."""
    async with AudioService.on(tmp_path, **limits) as service:
        await service.create_meeting()
        yield service


@pytest.fixture
async def bot(audio_service: AudioService) -> AsyncIterator[Bot]:
    """A bot of meeting `m1`."""
    async with ClientSession() as session:
        yield Bot(session, audio_service.url)


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Leave logging as it was, for tests that have it configured."""
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in (None, *QUIET)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    _log_plainly()


@pytest.fixture
async def nothing_is_left_on_the_loop(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Fail a test that leaves a task running on its loop; note exceptions that nobody sees there."""
    test = request.node.nodeid

    def note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        _lost.append(f"{test}: {context}")

    asyncio.get_running_loop().set_exception_handler(note)
    before = asyncio.all_tasks()
    yield
    after = asyncio.all_tasks() - before - {asyncio.current_task()}
    if after:
        _, after = await asyncio.wait(after, timeout=GRACE_S)
    assert not after, f"tasks left running: {after}"
