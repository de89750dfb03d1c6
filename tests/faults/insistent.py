"""Bots of the traced runs: they say nothing but who they are, and insist until all of it is acknowledged."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from aiohttp import ClientError, ClientSession, WSMsgType

from meeting_service.audio import Encoding, RawFormat
from meeting_service.protocol import SUBPROTOCOL, AudioMessage, Hello, StreamSpec

RATE_HZ = 16_000
POSTING = ("ann", "ben")
STREAMING = ("cat", "dan")
PEOPLE = (*POSTING, *STREAMING)
PIECE_BYTES = 2_048
"""in a piece; of the first, the least"""
NAME_BYTES = 16
_DELETED = 3
"""pieces of a meeting that is deleted meanwhile"""
_RETRY_S = 0.02
_PCM_TYPE = f"audio/pcm;rate={RATE_HZ};encoding=s16le"


def piece(participant: str, number: int) -> bytes:
    """A piece of somebody's stream, s16le: nothing but its name, so that it is found wherever it is written.

    The first piece is longer by the participant's place: so a number of samples tells whose it is.
    """
    name = f"{participant}-{number:07d}-abcd".encode()
    place = PEOPLE.index(participant)
    return name * (PIECE_BYTES // NAME_BYTES) + (name[: 2 * place] if number == 0 else b"")


def find_start(participant: str, number: int) -> int:
    """Where a piece begins, in samples."""
    return find_end(participant, number) - len(piece(participant, number)) // 2


def find_end(participant: str, number: int) -> int:
    """Where a piece ends, in samples."""
    return ((number + 1) * PIECE_BYTES) // 2 + PEOPLE.index(participant)


async def send_all(http: ClientSession, pieces: int) -> None:
    """Everybody sends so many pieces; meanwhile another meeting is deleted."""
    async with asyncio.TaskGroup() as group:
        for participant in POSTING:
            group.create_task(_post_all(http, participant, pieces))
        group.create_task(_stream_all(http, pieces))
        group.create_task(_delete_another(http))


async def insist(http: ClientSession, method: str, path: str, body: object = None) -> None:
    """Ask until it is done."""
    data = json.dumps(body) if body is not None else None
    await _insist(http, method, path, data, {"Content-Type": "application/json"} if data else {})


async def watch(http: ClientSession) -> None:
    """Follow the meeting until it has ended."""
    last = ""
    while True:
        async with http.get("/v1/meetings/m/events", headers={"Last-Event-ID": last or "0"}) as response:
            async for line in response.content:
                last = line[4:].decode().strip() if line.startswith(b"id: ") else last
                if line.startswith(b"data:") and b'"state":"ended"' in line:
                    return


async def _insist(
    http: ClientSession, method: str, path: str, data: str | bytes | None, headers: dict[str, str]
) -> None:
    while True:
        try:
            async with http.request(method, path, data=data, headers=headers) as response:
                said = await response.text()
                if response.status < 300:
                    return
                assert response.status >= 500 or response.status in (404, 409), said
        except ClientError:
            pass
        await asyncio.sleep(_RETRY_S)


async def _post_all(http: ClientSession, participant: str, pieces: int, meeting: str = "m") -> None:
    path = f"/v1/meetings/{meeting}/participants/{participant}/audio"
    for number in range(pieces):
        offset = str(find_start(participant, number))
        headers = {"Content-Type": _PCM_TYPE, "Upload-Offset": offset}
        await _insist(http, "POST", path, piece(participant, number), headers)


async def _delete_another(http: ClientSession) -> None:
    await insist(http, "POST", "/v1/meetings", {"id": "old"})
    await _post_all(http, STREAMING[0], _DELETED, "old")
    while True:
        async with http.delete("/v1/meetings/old") as response:
            if response.status in (204, 404):
                return
        await asyncio.sleep(_RETRY_S)


async def _stream_all(http: ClientSession, pieces: int) -> None:
    through = dict.fromkeys(STREAMING, 0)
    while any(through[p] < find_end(p, pieces - 1) for p in STREAMING):
        try:
            await _stream_once(http, pieces, through)
        except (ClientError, ConnectionError, TimeoutError):
            await asyncio.sleep(_RETRY_S)


async def _stream_once(http: ClientSession, pieces: int, through: dict[str, int]) -> None:
    spec = RawFormat(Encoding.S16LE, RATE_HZ, 1)
    streams = [StreamSpec(i, spec, (p,), (None,)) for i, p in enumerate(STREAMING, 1)]
    async with http.ws_connect("/v1/meetings/m/audio", protocols=(SUBPROTOCOL,)) as socket:
        await socket.send_str(Hello(streams).encode())
        first = await socket.receive()
        welcome = json.loads(first.data) if first.type is WSMsgType.TEXT else {}
        if welcome.get("type") != "welcome":  # a stream was not opened
            raise ConnectionError
        for stream in welcome["streams"]:
            through[STREAMING[stream["stream"] - 1]] = stream["through"]
        for number in range(pieces):
            await _send_pieces(socket.send_bytes, number, through)
            await asyncio.sleep(0)
        while any(through[p] < find_end(p, pieces - 1) for p in STREAMING):
            message = await socket.receive()
            if message.type is not WSMsgType.TEXT:
                raise ConnectionError
            said = json.loads(message.data)
            if said["type"] == "error":  # a stream was not opened
                raise ConnectionError
            if said["type"] == "ack":
                through[STREAMING[said["stream"] - 1]] = said["through"]


async def _send_pieces(
    send: Callable[[bytes], Awaitable[None]], number: int, through: dict[str, int]
) -> None:
    for index, participant in enumerate(STREAMING, 1):
        if find_end(participant, number) > through[participant]:
            start = find_start(participant, number)
            await send(AudioMessage(index, start, piece(participant, number)).encode())
