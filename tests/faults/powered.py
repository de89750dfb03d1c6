"""A run of the service under strace, with recognisable audio, for what a power cut would leave of it."""

import asyncio
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession

from tests.faults.insistent import PEOPLE, POSTING, STREAMING, insist, send_all, watch
from tests.faults.service import ROOT, DidNotStart, FaultService
from tests.faults.tracing import Call, attach, list_injections, read_trace, trace_prefix

DRIVER = Path(__file__).parent / "driver"
SHORT_LOG = {"wal_autocheckpoint": "40"}
"""pages: so that a short run checkpoints often"""
PATIENCE_S = 90.0
UNSYNCED = {"synchronous": "NORMAL"}
_POSTED = re.compile(rb'\{"through": ?(\d+), ?"through_ms"')
_ACKNOWLEDGED = re.compile(rb'\{"type": ?"ack", ?"stream": ?(\d+), ?"through": ?(\d+)')
_WELCOME = re.compile(rb'\{"type": ?"welcome", ?"streams": ?(\[[^\]]*\])')
_SENTENCE = re.compile(rb"event: sentence\ndata: (\{.*\})\n")


@dataclass(frozen=True, slots=True)
class Told:
    """Something a client was told, and the call that told it."""

    call: Call
    participant: str
    through: int = 0
    """samples acknowledged"""
    sentence_id: str = ""
    """or a sentence that was shown as final"""


@dataclass(frozen=True, slots=True)
class Trace:
    """What the service did and said, in order."""

    data: Path
    calls: Sequence[Call]
    before: Path | None = None
    """a copy of the data folder as it was, all of it synced, when the trace began; None: it was not there"""

    def tellings(self) -> Iterator[Told]:
        """Every acknowledgement and every final sentence that was written to a socket."""
        for call in self.calls:
            if call.file.startswith("socket:") and call.name in ("sendto", "sendmsg", "write", "writev"):
                yield from _read_told(call)


def _read_told(call: Call) -> Iterator[Told]:
    for found in _POSTED.finditer(call.data):
        # Whoever else posts is of a meeting that is deleted.
        if (place := int(found[1]) % len(PEOPLE)) < len(POSTING):
            yield Told(call, POSTING[place], int(found[1]))
    for found in _ACKNOWLEDGED.finditer(call.data):
        yield Told(call, STREAMING[int(found[1]) - 1], int(found[2]))
    for found in _WELCOME.finditer(call.data):
        for stream in json.loads(found[1]):
            yield Told(call, STREAMING[stream["stream"] - 1], stream["through"])
    for found in _SENTENCE.finditer(call.data):
        sentence = json.loads(found[1])
        yield Told(call, sentence["participant_id"], sentence_id=sentence["id"])


async def record(folder: Path, pieces: int, *, synced: bool = True) -> Trace:
    """Let everybody send so many pieces to a service under strace, by posts and over a socket.

    Its SQLite checkpoints often; with `synced` off it does not sync its commits.
    """
    trace = folder / "trace"
    service = _make_service(folder, SHORT_LOG if synced else SHORT_LOG | UNSYNCED, trace_prefix(trace))
    async with service, ClientSession(service.url) as http:
        await insist(http, "POST", "/v1/meetings", {"id": "m"})
        await _hold(http, pieces)
        await service.kill()
    return Trace(service.data, await asyncio.to_thread(read_trace, trace))


async def record_failing(folder: Path, pieces: int, inject: Sequence[str]) -> Trace:
    """The same with a service whose calls fail from some moment on, as strace's `inject` says."""
    trace, before = folder / "trace", folder / "before"
    service = _make_service(folder, SHORT_LOG)
    async with service, ClientSession(service.url) as http:
        await insist(http, "POST", "/v1/meetings", {"id": "m"})
        shutil.copytree(service.data, before)
        async with attach(service.pid, trace, inject):
            await _hold(http, pieces)
        await service.kill()
    return Trace(service.data, await asyncio.to_thread(read_trace, trace), before)


async def record_failing_start(folder: Path, pieces: int, inject: Sequence[str]) -> Trace | str:
    """The same with calls that fail from the process's first one on; what it said if it did not start."""
    trace = folder / "trace"
    service = _make_service(folder, SHORT_LOG, (*trace_prefix(trace), *list_injections(inject)))
    try:
        await service.start()
    except DidNotStart:
        return service.log
    async with ClientSession(service.url) as http:
        await insist(http, "POST", "/v1/meetings", {"id": "m"})
        await _hold(http, pieces)
    await service.close()
    return Trace(service.data, await asyncio.to_thread(read_trace, trace))


def _make_service(folder: Path, pragmas: dict[str, str], prefix: Sequence[str] = ()) -> FaultService:
    environment = {"PYTHONPATH": f"{DRIVER}:{ROOT}", "MEETING_FAULTS_PRAGMAS": json.dumps(pragmas)}
    return FaultService(folder, prefix=prefix, environment=environment, data={"min_free_mb": 0})


async def _hold(http: ClientSession, pieces: int) -> None:
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        group.create_task(watch(http))
        await send_all(http, pieces)
        await insist(http, "POST", "/v1/meetings/m/end")
