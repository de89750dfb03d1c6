"""What goes on beside a meeting: readers who never read, bodies that never end, downloads, other meetings.

Each is an endless task that goes on through restarts; cancel it to end it.
"""

import asyncio
import itertools
import socket
from contextlib import suppress

from aiohttp import ClientError, ClientSession
from yarl import URL

from meeting_service.audio import Pcm
from tests.faults.history import History
from tests.faults.room import PCM_TYPE, RETRY_S, Away, Room
from tests.faults.script import START

DEAF_BUFFER_BYTES = 4_096
PAUSE_S = 0.3


async def read_never(where: Room, port: int) -> None:
    """Ask for live events and never read one."""
    await _hold(port, f"GET /v1/meetings/{where.id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")


async def post_half(url: str, http: ClientSession) -> None:
    """Begin to post audio, to a meeting of its own, and never go on."""
    other = Room(url, http, History(), meeting_id="half")
    await other.create()
    target = "/v1/meetings/half/participants/ann/audio"
    port = URL(url).port or 0
    await _hold(port, f"POST {target} HTTP/1.1\r\n{_half_head(PCM_TYPE)}")


async def create_half(port: int) -> None:
    """Begin to create a meeting and never go on."""
    await _hold(port, f"POST /v1/meetings HTTP/1.1\r\n{_half_head('application/json')}{{")


async def download(where: Room, *names: str) -> None:
    """Take the transcript away again and again, whole."""
    for name in itertools.cycle(names):
        await where.download(name)
        await asyncio.sleep(PAUSE_S)


async def end_others(url: str, http: ClientSession, pcm: Pcm, ended: list[str]) -> None:
    """Meetings that are over as soon as they have begun; `ended` gets the ids of those whose end was told."""
    for number in itertools.count():
        other = Room(url, http, History(), meeting_id=f"other-{number}")
        await other.create()
        path = other.path("/participants/ann/audio")
        headers = {"Content-Type": PCM_TYPE, "Upload-Offset": "0", "Captured-At": START.isoformat()}
        await other.ask("POST", path, data=pcm.tobytes(), headers=headers, accept=(409,))
        await other.end()
        ended.append(other.id)
        await asyncio.sleep(PAUSE_S)


def _half_head(media: str) -> str:
    return f"Host: 127.0.0.1\r\nContent-Type: {media}\r\nContent-Length: 100000\r\n\r\n"


async def _hold(port: int, request: str) -> None:
    """Say this, then nothing, for as long as the connection lasts; then again."""
    while True:
        with suppress(ClientError, OSError, Away), socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DEAF_BUFFER_BYTES)
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(connection, ("127.0.0.1", port))
            await loop.sock_sendall(connection, request.encode())
            while not _is_cut(connection):  # noqa: ASYNC110 - to read would tell, and is not done
                await asyncio.sleep(RETRY_S)
        await asyncio.sleep(RETRY_S)


def _is_cut(connection: socket.socket) -> bool:
    """Whether the other side has gone, as far as can be known without reading."""
    try:
        connection.send(b"")
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    except OSError:
        return True
    return state != _ESTABLISHED


_ESTABLISHED = 1
