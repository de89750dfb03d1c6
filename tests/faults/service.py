"""A real service process with a real recogniser process, to be killed, stopped, starved and started again."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
import weakref
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Self

import psutil

from meeting_service.failpoints import FAILPOINTS
from tests.faults.nursery import Forked, Nursery
from tests.faults.steering import STEERING, Steering

ROOT = Path(__file__).parents[2]
START_PATIENCE_S = 120.0
LOG_TAIL_CHARS = 4_000


class Recogniser(StrEnum):
    """Who recognises."""

    HASHING = "hashing"
    """words are a hash of the audio; starts at once and can be steered"""
    BUNDLED = "bundled"
    """the bundled model, run by the `serve` of every user"""
    STEERED = "steered"
    """the bundled model, which can be steered"""


_CHILDREN = {
    Recogniser.HASHING: "tests.faults.hashing",
    Recogniser.BUNDLED: "meeting_service.worker",
    Recogniser.STEERED: "tests.faults.steered",
}
"""the module of the recogniser's process"""


class DidNotStart(Exception):
    """The service ended before it was ready; the text ends with what it logged."""


class FaultService:
    """`serve` on loopback, on the same port and data however often it is started. Owned by one test.

    Args:
        folder: its data is in `data`, its log in `service.log`.
        port: where to listen; 0 takes a free one, once, which nobody else is given as long as this is there.
        environment: variables in addition to this process's.
        prefix: a command to run it under: strace, faketime, `ip netns exec …`.
        recogniser: who recognises.
        forked: whether starts are forks of a process that has imported everything: see `nursery`.
        settings: by section, as in `limits={"window_s": 5}`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
        recogniser: Recogniser = Recogniser.HASHING,
        forked: bool = False,
        **settings: Mapping[str, Any],
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = port or self._keep_port()
        self.environment = dict(environment or {})
        self.prefix = tuple(prefix)
        self.settings = settings
        self.start_s = 0.0
        """how long the last start took until the service was ready"""
        folder.mkdir(parents=True, exist_ok=True)
        self.steering = Steering(folder / "steering")
        self._recogniser = recogniser
        self._nursery = Nursery(str(self.data), self._environment()) if forked else None
        self._process: asyncio.subprocess.Process | Forked | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """All that it and its recogniser have logged."""
        with suppress(FileNotFoundError):
            return (self.folder / "service.log").read_text(errors="replace")
        return ""

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The service's own process, behind whatever command is in front of it.

        Raises:
            ProcessLookupError: there is none.
        """
        if self._process is None or self._process.returncode is not None:
            raise ProcessLookupError("the service does not run")
        return self._process.pid if not self.prefix else _find(self._process.pid, self._command[2])

    def worker_pid(self) -> int | None:
        """The recogniser's process; None while there is none."""
        with suppress(psutil.Error, ProcessLookupError):
            return _find(self.pid, _CHILDREN[self._recogniser])
        return None

    async def start(self) -> None:
        """Return when it is ready.

        Raises:
            DidNotStart: it ended instead.
        """
        begun_s = time.monotonic()
        with (self.folder / "service.log").open("ab") as log:
            try:
                lines = await self._spawn(log)
            except ChildProcessError as error:
                raise DidNotStart(f"{error}:\n{self.log[-LOG_TAIL_CHARS:]}") from error
        async with asyncio.timeout(START_PATIENCE_S):
            await self._read_port(lines)
        self.start_s = time.monotonic() - begun_s

    async def wait_ended(self) -> int:
        """Return with its exit code (negative: the signal) once it has ended."""
        assert self._process is not None
        return await self._process.wait()  # what it says is one line, which no pipe is too small for

    async def kill(self) -> None:
        """SIGKILL; returns when it is gone. Its recogniser finds out by itself."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        await self.wait_ended()

    def kill_worker(self) -> None:
        """SIGKILL to the recogniser, if there is one now."""
        if pid := self.worker_pid():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def terminate(self) -> int:
        """SIGTERM; returns the exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return await self.wait_ended()

    async def close(self) -> None:
        """Leave no process behind, whatever state they are in."""
        if self.running:
            worker = self.worker_pid()
            await self.kill()
            with suppress(ProcessLookupError):
                if worker:
                    os.kill(worker, signal.SIGKILL)
        if self._nursery is not None:
            await self._nursery.close()

    def _keep_port(self) -> int:
        """One that no other process is given between a kill and the next start; 0 where it cannot be kept."""
        if sys.platform != "linux":
            return 0
        keeper = socket.socket()
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))  # and never listens, so that the service may
        port = int(keeper.getsockname()[1])
        weakref.finalize(self, os.close, keeper.detach())
        return port

    @property
    def _command(self) -> list[str]:
        module = ["tests.faults.serving", "--child", _CHILDREN[self._recogniser]]
        if self._recogniser is Recogniser.BUNDLED:
            module = ["meeting_service", "serve"]
        return [sys.executable, "-m", *module, "--port", str(self.port), "--data", str(self.data)]

    def _environment(self) -> dict[str, str]:
        settings = {
            f"MEETING_SERVICE_{section}__{name}".upper(): value
            if isinstance(value, str)
            else json.dumps(value)
            for section, values in self.settings.items()
            for name, value in values.items()
        }
        own = {STEERING: str(self.steering.folder), FAILPOINTS: "", "PYTHONPATH": str(ROOT)}
        own["MEETING_SERVICE_MODEL__NAME"] = "demo"
        return {**os.environ, **own, **settings, **self.environment}

    async def _spawn(self, log: IO[bytes]) -> AsyncIterator[bytes]:
        if self._nursery is not None:
            self._process = forked = await self._nursery.fork(self.port, log)
            return forked.lines()
        self._process = process = await asyncio.create_subprocess_exec(
            *(*self.prefix, *self._command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env=self._environment(),
        )
        assert process.stdout is not None
        return aiter(process.stdout)

    async def _read_port(self, lines: AsyncIterator[bytes]) -> None:
        async for line in lines:
            if found := [word for word in line.decode().split() if word.startswith("http://")]:
                self.port = int(found[0].rstrip("/").rpartition(":")[2])
                return
        code = await self.wait_ended()
        raise DidNotStart(f"the service ended with {code} before it was ready:\n{self.log[-LOG_TAIL_CHARS:]}")


def _find(pid: int, module: str) -> int:
    """The process, itself or a descendant, that runs this module."""
    process = psutil.Process(pid)
    for candidate in (process, *process.children(recursive=True)):
        with suppress(psutil.Error):
            if candidate.cmdline()[1:3] == ["-m", module]:
                return int(candidate.pid)
    raise ProcessLookupError(f"no process runs {module}")
