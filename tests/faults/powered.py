"""A run of the service under strace, with recognisable audio, for what a power cut would leave of it."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession

from meeting_service.audio import Encoding, RawFormat
from meeting_service.protocol import SUBPROTOCOL, AudioMessage, Hello, StreamSpec
from tests.faults.service import ROOT, FaultService
from tests.faults.tracing import Call, read_trace, trace_prefix

RATE_HZ = 16_000
DRIVER = Path(__file__).parent / "driver"
SHORT_LOG = {"wal_autocheckpoint": "40"}
"""pages: so that a short run checkpoints often"""
UNSYNCED = {"synchronous": "NORMAL"}
POSTING = ("ann", "ben")
STREAMING = ("cat", "dan")
PEOPLE = (*POSTING, *STREAMING)
DELETED = 3
"""pieces of a meeting that is deleted meanwhile; its answers count for nobody"""
_UNIT = 16
PIECE_BYTES = 2_048
"""in a piece; of the first, the least"""
_PCM_TYPE = f"audio/pcm;rate={RATE_HZ};encoding=s16le"
_POSTED = re.compile(rb'\{"through": ?(\d+), ?"through_ms"')
_ACKNOWLEDGED = re.compile(rb'\{"type": ?"ack", ?"stream": ?(\d+), ?"through": ?(\d+)')
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

    def tellings(self) -> Iterator[Told]:
        """Every acknowledgement and every final sentence that was written to a socket."""
        for call in self.calls:
            if not call.file.startswith("socket:"):
                continue
            for found in _POSTED.finditer(call.data):
                if (place := int(found[1]) % len(PEOPLE)) < len(POSTING):
                    yield Told(call, POSTING[place], int(found[1]))
            for found in _ACKNOWLEDGED.finditer(call.data):
                yield Told(call, STREAMING[int(found[1]) - 1], int(found[2]))
            for found in _SENTENCE.finditer(call.data):
                sentence = json.loads(found[1])
                yield Told(call, sentence["participant_id"], sentence_id=sentence["id"])


def piece(participant: str, number: int) -> bytes:
    """A piece of somebody's stream, s16le: nothing but its name, so that it is found wherever it is written.

    The first piece is longer by the participant's place: so a number of samples tells whose it is.
    """
    name = f"{participant}-{number:07d}-abcd".encode()
    assert len(name) == _UNIT
    place = PEOPLE.index(participant)
    return name * (PIECE_BYTES // _UNIT) + (name[: 2 * place] if number == 0 else b"")


def find_end(participant: str, number: int) -> int:
    """Where a piece ends, in samples."""
    return ((number + 1) * PIECE_BYTES) // 2 + PEOPLE.index(participant)


async def record(folder: Path, pieces: int, *, synced: bool = True) -> Trace:
    """Let everybody send so many pieces to a service under strace, by posts and over a socket.

    Its SQLite checkpoints often; with `synced` off it does not sync its commits.
    """
    trace = folder / "trace"
    pragmas = SHORT_LOG if synced else SHORT_LOG | UNSYNCED
    service = FaultService(
        folder,
        prefix=trace_prefix(trace),
        environment={"PYTHONPATH": f"{DRIVER}:{ROOT}", "MEETING_FAULTS_PRAGMAS": json.dumps(pragmas)},
        data={"min_free_mb": 0},
    )
    async with service, ClientSession(service.url) as http:
        await http.post("/v1/meetings", json={"id": "m"})
        watcher = asyncio.create_task(_watch(http))
        async with asyncio.TaskGroup() as group:
            for participant in POSTING:
                group.create_task(_post(http, participant, pieces))
            group.create_task(_stream(http, pieces))
            group.create_task(_delete_another(http))
        await http.post("/v1/meetings/m/end")
        await watcher
        await service.kill()
    return Trace(service.data, await asyncio.to_thread(read_trace, trace))


async def _post(http: ClientSession, participant: str, pieces: int) -> None:
    url = f"/v1/meetings/m/participants/{participant}/audio"
    for number in range(pieces):
        body, headers = piece(participant, number), {"Content-Type": _PCM_TYPE}
        async with http.post(url, data=body, headers=headers) as response:
            assert response.status == 200, await response.text()


async def _delete_another(http: ClientSession) -> None:
    await http.post("/v1/meetings", json={"id": "old"})
    for number in range(DELETED):
        url, headers = "/v1/meetings/old/participants/eve/audio", {"Content-Type": _PCM_TYPE}
        async with http.post(url, data=piece(STREAMING[0], number), headers=headers) as response:
            assert response.status == 200, await response.text()
    async with http.delete("/v1/meetings/old") as response:
        assert response.status == 204, await response.text()


async def _stream(http: ClientSession, pieces: int) -> None:
    spec = RawFormat(Encoding.S16LE, RATE_HZ, 1)
    streams = [StreamSpec(i, spec, (p,), (None,)) for i, p in enumerate(STREAMING, 1)]
    async with http.ws_connect("/v1/meetings/m/audio", protocols=(SUBPROTOCOL,)) as socket:
        await socket.send_str(Hello(streams).encode())
        await socket.receive()
        for number in range(pieces):
            for index, participant in enumerate(STREAMING, 1):
                body = piece(participant, number)
                start = find_end(participant, number) - len(body) // 2
                await socket.send_bytes(AudioMessage(index, start, body).encode())
            await asyncio.sleep(0)
        waiting = set(range(1, len(STREAMING) + 1))
        while waiting:
            said = json.loads((await socket.receive()).data)
            if said["type"] == "ack":
                end = find_end(STREAMING[said["stream"] - 1], pieces - 1)
                waiting -= {said["stream"]} if said["through"] == end else set()


async def _watch(http: ClientSession) -> None:
    async with http.get("/v1/meetings/m/events") as response:
        async for line in response.content:
            if line.startswith(b"data:") and b'"state":"ended"' in line:
                return
