"""Where a worker lives: a child process, started again whenever it dies.

The service and its child share one socket. The child ends when the socket does, so it never outlives a
service that was killed; the service starts a new child, with growing patience, when the child ends, cannot
be understood or does not listen.

Both directions are bounded. Answers: while the service does not take them, the queue fills up, the socket is
no longer read, and the child stops recognising (see `outgoing`). Commands: the child always reads them; one
that leaves more than `MAX_UNREAD_BYTES` unread is stuck, and is ended.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, suppress
from typing import Protocol

import structlog

from meeting_service.errors import CannotStart
from meeting_service.worker.messages import (
    Command,
    Configure,
    Ready,
    Reply,
    Restarted,
    StartFailed,
    decode,
    encode,
)

log = structlog.get_logger()

MAX_LINE_BYTES = 8 * 1024 * 1024
"""many times the longest message; a reader keeps at most twice that"""
MAX_UNREAD_BYTES = 16 * 1024 * 1024
"""commands of minutes"""
MAX_REPLIES = 1000
"""answers that wait to be handled"""
RESTART_DELAYS_S = (0.0, 0.5, 1.0, 2.0, 5.0)
STOP_PATIENCE_S = 2.0
"""how long a child may take to end by itself; nothing is lost with it"""


class Worker(Protocol):
    """Segmenter and recogniser, wherever they run."""

    @property
    def ready(self) -> bool:
        """Whether a warm model is waiting for audio."""
        ...

    @property
    def description(self) -> str:
        """Model, device and arithmetic, for people."""
        ...

    async def start(self) -> None:
        """Return when ready.

        Raises:
            CannotStart: the model cannot be loaded.
        """
        ...

    def send(self, command: Command) -> None:
        """Give a command; never waits. What a dying worker did not read is lost: see `Restarted`."""
        ...

    def replies(self) -> AsyncIterator[Reply]:
        """All that the worker says until it is stopped; `Restarted` asks for all streams anew."""
        ...

    async def stop(self) -> None:
        """End it; what was not answered is answered after the next start."""
        ...


class ChildWorker:
    """A worker in a process of its own. Owned by the service's event loop.

    Args:
        configure: what every child is told first.
        restart_delays_s: before each attempt to start a new one; the last for all that follow.
        module: what a child runs; it gets the number of its end of the socket.
    """

    def __init__(
        self,
        configure: Configure,
        restart_delays_s: Sequence[float] = RESTART_DELAYS_S,
        module: str = "meeting_service.worker",
    ) -> None:
        self._configure = configure
        self._module = module
        self._restart_delays_s = restart_delays_s
        self._replies: asyncio.Queue[Reply | None] = asyncio.Queue(MAX_REPLIES)
        self._writer: asyncio.StreamWriter | None = None
        self._unwritten: list[bytes] = []
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self.ready = False
        self.description = ""
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The child's process id, for the curious and for tests that kill it."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the child and wait until its model is warm."""
        try:
            reader = await self._spawn()
        except OSError as error:
            raise CannotStart(f"the recogniser cannot start: {error.strerror or error}") from error
        first = await self._read(reader)
        if not isinstance(first, Ready):
            await self._end_process()
            detail = first.detail if isinstance(first, StartFailed) else "it ended while starting"
            raise CannotStart(f"the recogniser cannot start: {detail}")
        self._became_ready(first)
        self._supervisor = asyncio.create_task(self._supervise(reader), name="worker supervisor")

    def send(self, command: Command) -> None:
        """Give a command; it is dropped while the child is away, for `Restarted` makes up for it.

        What is given in one turn of the loop goes in one write: hundreds of streams may share a commit.
        """
        if not self.ready:
            return
        if not self._unwritten:
            asyncio.get_running_loop().call_soon(self._write)
        self._unwritten.append(encode(command))

    def _write(self) -> None:
        lines, self._unwritten = self._unwritten, []
        if self._writer is None or self._writer.is_closing():
            return
        self._writer.write(b"".join(lines))
        if self._writer.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            log.error("worker_stuck", limit_bytes=MAX_UNREAD_BYTES)
            self._kill()

    async def replies(self) -> AsyncIterator[Reply]:
        """All that the child says, across restarts."""
        while (reply := await self._replies.get()) is not None:
            yield reply

    async def stop(self) -> None:
        """Close the socket, which ends the child; one that does not listen is killed."""
        if not self.ready:  # it would listen only once its models are loaded
            self._kill()
        self.ready = False
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
        await self._end_process()
        while not self._replies.empty():  # nobody may be there to make room
            self._replies.get_nowait()
        self._replies.put_nowait(None)

    async def _spawn(self) -> asyncio.StreamReader:
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as unless_connected:
            unless_connected.enter_context(ours)
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module, str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C in the terminal is for the service to handle
            )
            reader, self._writer = await asyncio.open_unix_connection(sock=ours, limit=MAX_LINE_BYTES)
            unless_connected.pop_all()
        self._writer.write(encode(self._configure))
        return reader

    async def _read(self, reader: asyncio.StreamReader) -> Reply | None:
        """The next answer; None when the child has ended or says what is none."""
        try:
            if line := await reader.readline():
                reply: Reply = decode(line)
                return reply
        except ValueError:  # also a line that is too long; what it holds may be what people said
            log.error("worker_not_understood")
        except OSError as error:
            log.info("worker_connection_lost", error=type(error).__name__)
        return None

    async def _supervise(self, reader: asyncio.StreamReader) -> None:
        while True:
            while (reply := await self._read(reader)) is not None:
                await self._replies.put(reply)
            reader = await self._restart()

    async def _restart(self) -> asyncio.StreamReader:
        self.ready = False
        attempt = 0
        while True:
            await self._end_process()
            self.restarts += 1
            log.warning("worker_restarts", restarts=self.restarts, attempt=attempt)
            await asyncio.sleep(self._restart_delays_s[min(attempt, len(self._restart_delays_s) - 1)])
            attempt += 1
            try:
                reader = await self._spawn()
            except OSError as error:
                log.error("worker_not_started", error=error.strerror or type(error).__name__)
                continue
            if isinstance(first := await self._read(reader), Ready):
                self._became_ready(first)
                await self._replies.put(Restarted())
                return reader

    def _became_ready(self, ready: Ready) -> None:
        self.ready = True
        self.description = ready.description

    async def _end_process(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()  # what it has not read it will not read
            with suppress(OSError):
                await self._writer.wait_closed()
            self._writer = None
        if self._process is None:
            return
        try:
            await asyncio.wait_for(self._process.wait(), STOP_PATIENCE_S)
        except TimeoutError:
            self._kill()
            await self._process.wait()
        self._process = None

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
