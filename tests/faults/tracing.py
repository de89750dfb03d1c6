"""What a process did to its files and sockets, as strace saw it: what was written when, what was synced."""

import asyncio
import codecs
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

STRACE = "strace"
_CALLS = "openat,pwrite64,write,writev,sendto,sendmsg,fdatasync,fsync,ftruncate,unlink"
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_FILE = re.compile(rb"^(\d+)<([^>]*)>")
_RESULT = re.compile(rb"\) += (-?\d+)([^\n]*)$")
_UNFINISHED = b" <unfinished ...>"
_RESUMED = re.compile(rb"^<\.\.\. (\w+) resumed>(.*)$")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call. Calls are numbered by when they began and when they ended, in one order."""

    name: str
    begun: int
    ended: int
    file: str
    """the path behind its descriptor, or the one it names; `socket:[…]` for a socket"""
    data: bytes
    """what it writes"""
    arguments: tuple[str, ...]
    """the plain ones that follow what it writes or names"""
    result: int
    """negative: it failed"""

    @property
    def is_sync(self) -> bool:
        """Whether what was written to its file before it began is on disk since it ended."""
        return self.name in ("fsync", "fdatasync") and self.result == 0


def require_strace() -> None:
    """Skip where there is none, saying so; where tests must be complete, fail."""
    if shutil.which(STRACE):
        return
    reason = "NO STRACE FOUND: the order of syncs and acknowledgements is not tested; install strace"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


_OPTIONS = ("-f", "-y", "-s", "1000000", "-e", f"trace={_CALLS}")


def trace_prefix(to: Path) -> tuple[str, ...]:
    """The command in front of another that writes down all that it and its children do."""
    return (STRACE, *_OPTIONS, "--seccomp-bpf", "-o", str(to))


def list_injections(rules: Sequence[str]) -> list[str]:
    """The options that let some calls fail, as strace's `inject` has it."""
    failing = ",".join(rule.partition(":")[0] for rule in rules)
    options = [word for rule in rules for word in ("-e", f"inject={rule}")]
    return [*options, "-e", f"trace={_CALLS},{failing}"] if failing else options


@asynccontextmanager
async def attach(pid: int, to: Path, inject: Sequence[str] = ()) -> AsyncIterator[None]:
    """Write down what a process does that runs already, and let some of its calls fail."""
    options = list_injections(inject)
    tracer = await asyncio.create_subprocess_exec(
        *(STRACE, *_OPTIONS, *options, "-o", str(to), "-p", str(pid)), stderr=asyncio.subprocess.PIPE
    )
    assert tracer.stderr is not None
    await tracer.stderr.readline()  # it is attached
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            tracer.send_signal(signal.SIGINT)  # it lets go of the process
        await tracer.communicate()


def read_trace(path: Path) -> list[Call]:
    """All calls that ended, by when they began."""
    return sorted(_pair(path.read_bytes().split(b"\n")), key=lambda call: call.begun)


def _pair(lines: Sequence[bytes]) -> Iterator[Call]:
    open_calls: dict[bytes, tuple[int, bytes]] = {}
    for number, line in enumerate(lines):
        process, _, said = line.partition(b" ")
        said = said.lstrip()
        if said.endswith(_UNFINISHED):
            open_calls[process] = (number, said.removesuffix(_UNFINISHED))
        elif resumed := _RESUMED.match(said):
            begun, first = open_calls.pop(process, (number, b""))
            if call := _read_call(first + resumed[2], begun, number):
                yield call
        elif call := _read_call(said, number, number):
            yield call


def _read_call(said: bytes, begun: int, ended: int) -> Call | None:
    name, _, rest = said.partition(b"(")
    found = _RESULT.search(rest)
    if found is None or not name.isalnum():
        return None
    given = rest[: found.start()]
    strings = [_unescape(text) for text in _STRING.findall(given)]
    plain = _STRING.sub(b"", given).decode(errors="replace").split(",")
    named = _FILE.match(given)
    file = named[2].decode() if named else b"".join(strings[:1]).decode(errors="replace")
    data = b"".join(strings) if named and not name.startswith(b"open") else b""
    failed = b"INJECTED" in found[2]
    arguments = tuple(part.strip() for part in plain[1:] if part.strip())
    return Call(name.decode(), begun, ended, file, data, arguments, -1 if failed else int(found[1]))


def _unescape(text: bytes) -> bytes:
    decoded: bytes = codecs.escape_decode(text)[0]  # as C writes strings
    return decoded
