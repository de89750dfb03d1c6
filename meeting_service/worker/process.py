"""One child process from its start to its end: its socket, what it writes down, whether it is stuck."""

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress

import structlog

from meeting_service.worker.blackboard import Blackboard, Item, make_shared_memory
from meeting_service.worker.messages import Configure, Ready, Reply, decode, encode
from meeting_service.worker.watch import Patience, Watch

log = structlog.get_logger()

MAX_LINE_BYTES = 8 * 1024 * 1024
"""many times the longest message; a reader keeps at most twice that"""
MAX_UNREAD_BYTES = 16 * 1024 * 1024
"""commands of minutes"""
STOP_PATIENCE_S = 2.0
"""how long a child may take to end by itself; nothing is lost with it"""


class ChildProcess:
    """A child of the service. Owned by its event loop; made by `start`, and to be brought to its `end`."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        board: Blackboard,
        patience: Patience,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._board = board
        self._ready = False
        self._stuck: str | None = None
        watch = self._watch(Watch(patience), patience.look_s)
        self._watching = asyncio.create_task(watch, name="worker watch")

    @classmethod
    async def start(
        cls, module: str, configure: Configure, in_work: int, patience: Patience
    ) -> "ChildProcess":
        """Start `python -m module` and tell it what it is to do.

        Args:
            module: gets three file descriptors, see `child`.
            configure: the first command.
            in_work: descriptor of the file for a copy of what it writes down.
            patience: what it is given time for.

        Raises:
            OSError: there can be no process.
        """
        ours, theirs = socket.socketpair()
        shared = make_shared_memory()
        with theirs, ExitStack() as unless_connected:
            unless_connected.enter_context(ours)
            try:
                board = Blackboard.open(shared)
                process = await _run(module, (theirs.fileno(), shared, in_work))
            finally:
                os.close(shared)
            streams = await asyncio.open_unix_connection(sock=ours, limit=MAX_LINE_BYTES)
            unless_connected.pop_all()
        child = cls(process, *streams, board, patience)
        child.write(encode(configure))
        return child

    @property
    def pid(self) -> int | None:
        """Its process id while it lives."""
        return self._process.pid if self._process.returncode is None else None

    @property
    def in_work(self) -> Sequence[Item]:
        """What it does, or did when it died."""
        return self._board.read().items

    @property
    def stuck(self) -> str | None:
        """Why it was killed, if it was stuck; to be said of a recogniser."""
        return self._stuck

    async def read(self) -> Reply | None:
        """The next answer; None when it has ended or says what is none."""
        try:
            if line := await self._reader.readline():
                reply: Reply = decode(line)
                self._ready = self._ready or isinstance(reply, Ready)
                return reply
        except ValueError:  # also a line that is too long; what it holds may be what people said
            log.error("worker_not_understood")
        except OSError as error:
            log.info("worker_connection_lost", error=type(error).__name__)
        return None

    def write(self, commands: bytes) -> None:
        """Give commands; never waits. Who leaves too much unread is killed."""
        if self._writer.is_closing():
            return
        self._writer.write(commands)
        if self._writer.transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            log.error("worker_stuck", limit_bytes=MAX_UNREAD_BYTES)
            self.kill()

    def kill(self) -> None:
        """End it at once; harmless when it is dead."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> int:
        """Have it end, by itself or not; its exit code. May be called again, also after a cancelled call."""
        self._watching.cancel()
        self._writer.transport.abort()  # what it has not read it will not read
        with suppress(OSError):
            await self._writer.wait_closed()
        try:
            return await asyncio.wait_for(self._process.wait(), STOP_PATIENCE_S)
        except TimeoutError:
            self.kill()
            return await self._process.wait()

    async def _watch(self, watch: Watch, look_s: float) -> None:
        while self._stuck is None:
            await asyncio.sleep(look_s)
            doing = self._board.read()
            self._stuck = watch.look_at_work(doing) if self._ready else watch.look_at_loading(doing)
        log.error("worker_stuck", reason=self._stuck)
        self.kill()


async def _run(module: str, fds: tuple[int, ...]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *map(str, fds)),
        pass_fds=fds,
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # a Ctrl-C in the terminal is for the service to handle
    )
