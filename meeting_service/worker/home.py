"""Where a worker lives: a child process, started again whenever it dies.

The service and its child share one socket. The child ends when the socket does, so it never outlives a
service that was killed; the service starts a new child, with growing patience, when the child ends, cannot
be understood, does not listen or is stuck (`watch`). They share some memory too, where the child writes what
it does (`blackboard`): what was in work when it died is suspected of having been the cause (`suspects`).
`process` is one child, here are all of them.

Both directions are bounded. Answers: while the service does not take them, the queue fills up, the socket is
no longer read, and the child stops recognising (see `outgoing`). Commands: the child always reads them; one
that leaves more than `MAX_UNREAD_BYTES` unread is stuck, and is ended.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import structlog

from meeting_service.errors import CannotStart
from meeting_service.worker.blackboard import Item, Kind
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
    encode,
)
from meeting_service.worker.notes import Notes
from meeting_service.worker.process import ChildProcess
from meeting_service.worker.suspects import Suspects
from meeting_service.worker.watch import Patience, RestartPace

log = structlog.get_logger()

MAX_REPLIES = 1000
"""answers that wait to be handled"""
RESTART_DELAYS_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""before each new child while they die in quick succession; the last for all that follow"""
AWAY_S = 1.0
"""how often it is told that no child takes part"""


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
        self._child: ChildProcess | None = None
        self._refusal: str | None = None
        self._ready_from_s = 0.0
        self._replies: asyncio.Queue[Reply | None] = asyncio.Queue(MAX_REPLIES)
        self._unwritten: list[bytes] = []
        self._supervisor: asyncio.Task[None] | None = None
        self.ready = False
        self.description = "the recogniser is starting"
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The child's process id, for the curious and for tests that kill it."""
        return self._child.pid if self._child else None

    async def start(self) -> None:
        """Start the child and wait until its model is warm."""
        self._accuse(self._notes.read_in_work(), seen=False)
        try:
            child = await self._spawn()
        except OSError as error:
            raise CannotStart(f"the recogniser cannot start: {error.strerror or error}") from error
        first = await child.read()
        if not isinstance(first, Ready):
            await self._end_child()
            detail = first.detail if isinstance(first, StartFailed) else None
            why = detail or (f"it {child.stuck}" if child.stuck else "it ended while starting")
            raise CannotStart(f"the recogniser cannot start: {why}")
        self._became_ready(first)
        self._supervisor = asyncio.create_task(self._supervise(child), name="worker supervisor")

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
        if self._child is not None:
            self._child.write(b"".join(lines))

    async def replies(self) -> AsyncIterator[Reply]:
        """All that the child says, across restarts."""
        while (reply := await self._replies.get()) is not None:
            yield reply

    async def stop(self) -> None:
        """Close the socket, which ends the child; one that does not listen is killed."""
        if self._child is not None and not self.ready:  # it would listen only once its models are loaded
            self._child.kill()
        self.ready = False
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
        await self._end_child()
        self._notes.clear_in_work()
        while not self._replies.empty():  # nobody may be there to make room
            self._replies.get_nowait()
        self._replies.put_nowait(None)

    async def _spawn(self) -> ChildProcess:
        with self._notes.open_in_work() as in_work:
            self._child = await ChildProcess.start(
                self._module, self._configure, in_work.fileno(), self._patience
            )
        return self._child

    async def _supervise(self, child: ChildProcess) -> None:
        while True:
            while (reply := await child.read()) is not None:
                self._learn(reply)
                if not isinstance(reply, Survived):
                    await self._replies.put(reply)
            child = await self._restart()

    def _learn(self, reply: Reply) -> None:
        """What an answer says of suspects."""
        if isinstance(reply, Survived):
            self._suspects.clear(Item(Kind(reply.kind), reply.stream_id, reply.start))
        elif isinstance(reply, Finalized | Advanced):
            self._suspects.advance(reply.stream_id, reply.checkpoint.resume)
        elif isinstance(reply, Finished):
            self._suspects.finish(reply.stream_id)

    async def _restart(self) -> ChildProcess:
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
                if child := await self._try_to_start():
                    await self._replies.put(Restarted())
                    return child
        finally:
            away.cancel()

    async def _try_to_start(self) -> ChildProcess | None:
        try:
            child = await self._spawn()
        except OSError as error:
            log.error("worker_not_started", error=error.strerror or type(error).__name__)
            return None
        first = await child.read()
        if isinstance(first, Ready):
            self._became_ready(first)
            return child
        self._refusal = f"cannot start ({first.detail})" if isinstance(first, StartFailed) else None
        return None

    async def _bury(self) -> str:
        """End a child for good; returns how it ended, and accuses what was in work."""
        child = self._child
        if child is None:
            return "could not be started"
        code = await self._end_child()
        ended = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
        reason, self._refusal = self._refusal or child.stuck or ended, None
        self._accuse(child.in_work, seen=True)
        return reason

    def _accuse(self, items: Sequence[Item], *, seen: bool) -> None:
        """Suspect what was in work when a child died: this service's, or an earlier one with its service."""
        if items:
            log.error("worker_died_at_work", in_work=[tuple(item) for item in items], seen=seen)
        for item in self._suspects.accuse(items, seen=seen):
            log.error("audio_given_up", kind=item.kind.name, stream=item.stream_id, start=item.start)
            self._pace.solved()

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

    async def _end_child(self) -> int:
        """End the child, if there is one; its exit code."""
        child = self._child
        code = await child.end() if child else 0
        self._child = None
        return code


def _now_s() -> float:
    return asyncio.get_running_loop().time()
