"""Services for programs that look at pages: one that is told what to say, and the demonstration."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer

from meeting_service.app import build_app
from meeting_service.preflight import find_free_port
from meeting_service.settings import load_settings
from tests.web.conftest import Service, ToldWorker

STOP_S = 10
"""how long a demonstration may take to end when it is told to"""


@asynccontextmanager
async def told_service() -> AsyncIterator[Service]:
    """A service that hears nothing and says what it is told."""
    with tempfile.TemporaryDirectory() as folder:
        worker = ToldWorker()
        app = build_app(load_settings(overrides={"data": {"directory": Path(folder)}}), worker=worker)
        async with TestClient(TestServer(app)) as client:
            yield Service(client, worker)


@asynccontextmanager
async def played_demo() -> AsyncIterator[str]:
    """The address of the bundled meeting's page while it is played; the service ends with the context."""
    port = find_free_port("127.0.0.1")
    with tempfile.TemporaryDirectory() as folder:
        command = (sys.executable, "-m", "meeting_service", "demo", "--port", str(port), "--out", folder)
        service = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, start_new_session=True
        )
        try:
            yield await _meeting_url(service)
        finally:
            await _end(service)


async def _meeting_url(service: asyncio.subprocess.Process) -> str:
    assert service.stdout is not None
    async for line in service.stdout:
        for word in line.decode().split():
            if "/meetings/" in word:
                return word
    raise SystemExit("the demonstration ended without a page")


async def _end(service: asyncio.subprocess.Process) -> None:
    """Its worker, too, whatever either is at."""
    service.terminate()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_S):
            await service.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(service.pid, signal.SIGKILL)
    await service.wait()
