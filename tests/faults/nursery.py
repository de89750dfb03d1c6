"""A process that has imported all that the service needs, and forks a service at each start.

For campaigns of hundreds of starts: importing takes ten times as long as all else that a start does. What is
forked is a process like any other, which opens, recovers and serves its data and is killed for itself. Run as
`python -m tests.faults.nursery --port 0 --data FOLDER`; each line on standard input is a port to start on.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import IO


class Forked:
    """One service; what it prints, and what became of it. As far as is needed like a process of asyncio's."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._printed: asyncio.Queue[bytes] = asyncio.Queue()
        self._ended = asyncio.Event()

    async def lines(self) -> AsyncIterator[bytes]:
        """All that it prints, until it has ended."""
        while line := await self._printed.get():
            yield line

    async def wait(self) -> int:
        """Return with its exit code (negative: the signal) once it has ended."""
        await self._ended.wait()
        return self.returncode or 0

    def accept_line(self, line: bytes) -> None:
        """What it printed, or what the nursery says of its end."""
        word, _, code = line.decode().partition(" ")
        if word != "ended":
            self._printed.put_nowait(line)
            return
        self.returncode = int(code)
        self._printed.put_nowait(b"")
        self._ended.set()


class Nursery:
    """Starts services one after another. Owned by one service of a test."""

    def __init__(self, data: str, environment: Mapping[str, str]) -> None:
        self._command = (sys.executable, "-m", "tests.faults.nursery", "--port", "0", "--data", data)
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._follower: asyncio.Task[None] | None = None

    async def fork(self, port: int, log: IO[bytes]) -> Forked:
        """A new service on that port; the one before must have ended.

        Raises:
            ChildProcessError: the nursery itself has ended; the log says why.
        """
        if self._process is None:
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=log, env=self._environment
            )
        if self._follower is not None:
            await self._follower
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{port}\n".encode())
        _, _, pid = (await self._process.stdout.readline()).decode().partition(" ")
        if not pid:
            raise ChildProcessError("the nursery has ended")
        forked = Forked(int(pid))
        self._follower = asyncio.create_task(self._follow(forked, self._process.stdout), name="nursery")
        return forked

    async def close(self) -> None:
        """End the process; its service must have ended."""
        if self._process is not None:
            self._process.kill()
            await self._process.communicate()
        if self._follower is not None:
            self._follower.cancel()
            with suppress(asyncio.CancelledError):
                await self._follower

    async def _follow(self, forked: Forked, printed: asyncio.StreamReader) -> None:
        while forked.returncode is None and (line := await printed.readline()):
            forked.accept_line(line)


def main(words: Sequence[str]) -> int:
    """Fork at each line; what is returned is the exit code, of the nursery or of a service."""
    from tests.faults import serving

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
            return serving.run([*words, "--port", line.strip()])
        print("pid", child, flush=True)  # noqa: T201 - what the harness reads
        print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
