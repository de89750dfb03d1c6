"""Where a worker lives: a child process, started again whenever it dies.

The service and its child share one socket. The child ends when the socket does, so it never outlives a
service that was killed; the service starts a new child, with growing patience, when the child ends, cannot
be understood, does not listen or is stuck (`watch`). They share some memory too, where the child writes what
it does (`blackboard`): what was in work when it died is suspected of having been the cause (`suspects`).

Both directions are bounded. Answers: while the service does not take them, the queue fills up, the socket is
no longer read, and the child stops recognising (see `outgoing`). Commands: the child always reads them; one
that leaves more than `MAX_UNREAD_BYTES` unread is stuck, and is ended.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

import structlog

from meeting_service.errors import CannotStart
from meeting_service.worker.blackboard import Blackboard, Item, Kind, make_shared_memory
from meeting_service.worker.messages import (
    Advanced,
    Away,
    Command,
    Configure,
    Finalized,
    Finished,
    OpenStream,
    Ready,
    Reply,
    Restarted,
    StartFailed,
    Survived,
    decode,
    encode,
)
from meeting_service.worker.notes import Notes
from meeting_service.worker.suspects import Suspects
from meeting_service.worker.watch import Patience, RestartPace, Watch

log = structlog.get_logger()

MAX_LINE_BYTES = 8 * 1024 * 1024
"""many times the longest message; a reader keeps at most twice that"""
MAX_UNREAD_BYTES = 16 * 1024 * 1024
"""commands of minutes"""
MAX_REPLIES = 1000
"""answers that wait to be handled"""
RESTART_DELAYS_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""before each new child while they die in quick succession; the last for all that follow"""
AWAY_S = 1.0
"""how often it is told that no child takes part"""
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
        """Model, device and arithmetic, for people; while nobody is ready, why."""
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
        module: what a child runs; it gets file descriptors: of its end of the socket, of the shared memory,
            of the file that says what is in work.
        patience: what a child is given time for.
        notes: a folder for what is to be known of suspects after a restart of the service, if it is to be.
    """

    def __init__(
        self,
        configure: Configure,
        restart_delays_s: Sequence[float] = RESTART_DELAYS_S,
        module: str = "meeting_service.worker",
        *,
        patience: Patience | None = None,
        notes: Path | None = None,
    ) -> None:
        self._configure = configure
        self._module = module
        self._patience = patience or Patience()
        self._pace = RestartPace(restart_delays_s, self._patience.stable_s)
        self._notes = Notes(notes)
        self._suspects = Suspects(self._notes.suspects)
        self._board: Blackboard | None = None
        self._watching: asyncio.Task[None] | None = None
        self._stuck: str | None = None
        self._ready_from_s = 0.0
        self._replies: asyncio.Queue[Reply | None] = asyncio.Queue(MAX_REPLIES)
        self._writer: asyncio.StreamWriter | None = None
        self._unwritten: list[bytes] = []
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._refusal: str | None = None
        self.ready = False
        self.description = "the recogniser is starting"
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The child's process id, for the curious and for tests that kill it."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the child and wait until its model is warm."""
        self._suspects.accuse(self._notes.read_in_work())
        try:
            reader = await self._spawn()
        except OSError as error:
            raise CannotStart(f"the recogniser cannot start: {error.strerror or error}") from error
        first = await self._read(reader)
        if not isinstance(first, Ready):
            await self._end_process()
            detail = first.detail if isinstance(first, StartFailed) else None
            why = detail or (f"it {self._stuck}" if self._stuck else "it ended while starting")
            raise CannotStart(f"the recogniser cannot start: {why}")
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
        if isinstance(command, OpenStream):
            command = self._suspects.brief(command)
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
        self._notes.clear_in_work()
        while not self._replies.empty():  # nobody may be there to make room
            self._replies.get_nowait()
        self._replies.put_nowait(None)

    async def _spawn(self) -> asyncio.StreamReader:
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as unless_connected, self._notes.open_in_work() as in_work:
            unless_connected.enter_context(ours)
            self._process = await self._run_child(theirs.fileno(), in_work.fileno())
            reader, self._writer = await asyncio.open_unix_connection(sock=ours, limit=MAX_LINE_BYTES)
            unless_connected.pop_all()
        self._writer.write(encode(self._configure))
        return reader

    async def _run_child(self, connection: int, in_work: int) -> asyncio.subprocess.Process:
        shared = make_shared_memory()
        try:
            board = Blackboard.open(shared)
            fds = (connection, shared, in_work)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module, *map(str, fds)),
                pass_fds=fds,
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C in the terminal is for the service to handle
            )
        finally:
            os.close(shared)
        self._board, self._stuck = board, None
        self._watching = asyncio.create_task(self._watch(board), name="worker watch")
        return process

    async def _watch(self, board: Blackboard) -> None:
        """End the child when it is stuck."""
        watch = Watch(self._patience)
        while self._stuck is None:
            await asyncio.sleep(self._patience.look_s)
            doing = board.read()
            self._stuck = watch.look_at_work(doing) if self.ready else watch.look_at_loading(doing)
        log.error("worker_stuck", reason=self._stuck)
        self._kill()

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
                self._learn(reply)
                if not isinstance(reply, Survived):
                    await self._replies.put(reply)
            reader = await self._restart()

    def _learn(self, reply: Reply) -> None:
        """What an answer says of suspects."""
        if isinstance(reply, Survived):
            self._suspects.clear(Item(Kind(reply.kind), reply.stream_id, reply.start))
        elif isinstance(reply, Finalized | Advanced):
            self._suspects.advance(reply.stream_id, reply.checkpoint.resume)
        elif isinstance(reply, Finished):
            self._suspects.finish(reply.stream_id)

    async def _restart(self) -> asyncio.StreamReader:
        lived_s, self.ready = _now_s() - self._ready_from_s, False
        away = asyncio.create_task(self._tell_away(), name="worker is away")
        try:
            while True:
                reason = await self._bury()
                self.restarts += 1
                delay_s = self._pace.died(lived_s)
                self.description = f"the recogniser {reason} and is started again; audio is kept"
                log.warning("worker_restarts", reason=reason, restarts=self.restarts, delay_s=delay_s)
                await asyncio.sleep(delay_s)
                lived_s = 0.0
                if reader := await self._try_to_start():
                    await self._replies.put(Restarted())
                    return reader
        finally:
            away.cancel()

    async def _try_to_start(self) -> asyncio.StreamReader | None:
        try:
            reader = await self._spawn()
        except OSError as error:
            log.error("worker_not_started", error=error.strerror or type(error).__name__)
            return None
        first = await self._read(reader)
        if isinstance(first, Ready):
            self._became_ready(first)
            return reader
        self._refusal = f"cannot start ({first.detail})" if isinstance(first, StartFailed) else None
        return None

    async def _bury(self) -> str:
        """End a child for good; returns how it ended, and accuses what was in work."""
        code = await self._end_process()
        reason = self._refusal or self._stuck or _describe_end(code)
        items = self._board.read().items if self._board else ()
        self._board = self._refusal = self._stuck = None
        if items:
            log.error("worker_died_at_work", in_work=[tuple(item) for item in items])
        for item in self._suspects.accuse(items):
            log.error("audio_given_up", kind=item.kind.name, stream=item.stream_id, start=item.start)
            self._pace.solved()
        return reason

    async def _tell_away(self) -> None:
        """Say every second that nobody is there, to who has the time to hear it."""
        since_s = _now_s()
        while True:
            await asyncio.sleep(AWAY_S)
            if not self._replies.full():
                self._replies.put_nowait(Away(_now_s() - since_s))

    def _became_ready(self, ready: Ready) -> None:
        self.ready = True
        self._ready_from_s = _now_s()
        self.description = ready.description

    async def _end_process(self) -> int | None:
        """End the child; its exit code, None if there was none."""
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        if self._writer is not None:
            self._writer.transport.abort()  # what it has not read it will not read
            with suppress(OSError):
                await self._writer.wait_closed()
            self._writer = None
        if self._process is None:
            return None
        try:
            code = await asyncio.wait_for(self._process.wait(), STOP_PATIENCE_S)
        except TimeoutError:
            self._kill()
            code = await self._process.wait()
        self._process = None
        return code

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()


def _describe_end(code: int | None) -> str:
    if code is None:
        return "could not be started"
    return f"was ended by signal {-code}" if code < 0 else f"ended with {code}"


def _now_s() -> float:
    return asyncio.get_running_loop().time()
