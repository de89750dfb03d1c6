"""Bots that go on by themselves whatever happens to the service, and log what they see.

They do what the documentation tells a bot to do, no more: keep what is not acknowledged, ask where to go on,
send it again from there.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import (
    ClientError,
    ClientTimeout,
    ClientWebSocketResponse,
    WSMsgType,
)

from meeting_service.audio import Encoding, RawFormat
from meeting_service.client import MeetingClient
from meeting_service.protocol import SUBPROTOCOL, AudioMessage, DeclareGap, End, Hello, StreamSpec
from tests.faults.history import Kind
from tests.faults.room import ANSWER_S, IMPATIENT, PCM_TYPE, PIECE, RETRY_S, Away, Room
from tests.faults.script import RATE_HZ, By, Script, Take


async def play(script: Script, where: Room) -> None:
    """Everybody speaks; returns when all audio is acknowledged and who leaves has left.

    Streams begin in the script's order, each once the one before is known to the service, so that they have
    the same ids in every run.
    """
    done: dict[tuple[str, int], asyncio.Event] = {(t.participant, t.number): asyncio.Event() for t in script}

    async def one(index: int, take: Take) -> None:
        if index:
            await _until_begun(script[index - 1], where)
        await _until_spoken(take.starts_s, script, where)
        if take.number:
            await done[take.participant, take.number - 1].wait()
        await _PLAYERS[take.by](take, where)
        done[take.participant, take.number].set()

    async with asyncio.TaskGroup() as group:
        for index, take in enumerate(script):
            group.create_task(one(index, take), name=f"{take.participant} {take.number}")


async def _until_begun(take: Take, where: Room) -> None:
    while not where.history.acknowledged(take.participant, take.number):
        await where.history.wait()


async def _until_spoken(moment_s: float, script: Script, where: Room) -> None:
    """The first participant is the clock."""
    first = script[0]
    wanted = min(round(moment_s * RATE_HZ), len(first.pcm))
    while where.history.acknowledged(first.participant, first.number) < wanted:
        await where.history.wait()


async def _post(take: Take, where: Room) -> None:
    """Plain HTTP: a request a piece; one without an answer is made again as it was."""
    url = where.path(f"/participants/{take.participant}/audio")
    at = 0
    while at < len(take.pcm):
        await asyncio.sleep(where.pause_s)
        try:
            at = await _post_piece(take, where, url, at)
        except (ClientError, OSError, TimeoutError, Away) as error:
            _note(where, take, Kind.LOST, detail=type(error).__name__)
            await asyncio.sleep(RETRY_S)


async def _post_piece(take: Take, where: Room, url: str, at: int) -> int:
    headers = {
        "Content-Type": PCM_TYPE,
        "Upload-Offset": str(at),
        "Captured-At": take.captured_at.isoformat(),
    }
    end = min(at + PIECE, len(take.pcm))
    _note(where, take, Kind.SENT, at, end)
    timeout = ClientTimeout(total=ANSWER_S)
    data = take.pcm[at:end].tobytes()
    async with where.http.post(url, data=data, headers=headers, timeout=timeout) as response:
        body = await response.read()
        if response.status not in (200, 409):
            raise Away(f"status {response.status}: {body.decode()}")
        through = int(response.headers["Upload-Offset"])
    _note(where, take, Kind.ACKNOWLEDGED if response.status == 200 else Kind.CONTINUES, end=through)
    return through


class _SocketBot:
    """The WebSocket without our client."""

    def __init__(self, take: Take, where: Room) -> None:
        self._take = take
        self._where = where
        self._through = 0
        self._ended = False

    async def play(self) -> None:
        """Connect again until all is acknowledged."""
        while not self._done:
            try:
                await self._connect_once()
            except (ClientError, OSError, TimeoutError, Away) as error:
                _note(self._where, self._take, Kind.LOST, detail=type(error).__name__)
            if not self._done:
                await asyncio.sleep(RETRY_S)

    @property
    def _done(self) -> bool:
        return self._ended if self._take.leaves else self._through >= len(self._take.pcm)

    async def _connect_once(self) -> None:
        async with (
            asyncio.timeout(60),
            self._where.http.ws_connect(self._where.path("/audio"), protocols=(SUBPROTOCOL,)) as socket,
        ):
            spec = RawFormat(Encoding.S16LE, RATE_HZ, 1)
            stream = StreamSpec(1, spec, (self._take.participant,), (None,), self._take.captured_at)
            await socket.send_str(Hello([stream]).encode())
            welcome = await self._receive(socket)
            start = int(welcome["streams"][0]["through"])
            _note(self._where, self._take, Kind.CONTINUES, end=start)
            self._through = start
            again = (
                start if self._take.gap else max(0, start - PIECE // 2)
            )  # what is held already is harmless
            sender = asyncio.create_task(self._send_all(socket, again), name="socket bot sender")
            try:
                while not self._done:
                    self._handle(await self._receive(socket))
            finally:
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)

    async def _send_all(self, socket: ClientWebSocketResponse, at: int) -> None:
        while at < len(self._take.pcm):
            await asyncio.sleep(self._where.pause_s)
            at = await self._send_piece(socket, at)
        if self._take.leaves:
            await socket.send_str(End(1).encode())

    async def _send_piece(self, socket: ClientWebSocketResponse, at: int) -> int:
        gap = self._take.gap or (0, 0)
        if gap[0] <= at < gap[1]:
            _note(self._where, self._take, Kind.GAP, at, gap[1])
            await socket.send_str(DeclareGap(1, at, gap[1]).encode())
            return gap[1]
        end = min(at + PIECE, gap[0] if at < gap[0] else len(self._take.pcm), len(self._take.pcm))
        _note(self._where, self._take, Kind.SENT, at, end)
        await socket.send_bytes(AudioMessage(1, at, self._take.pcm[at:end].tobytes()).encode())
        return end

    async def _receive(self, socket: ClientWebSocketResponse) -> dict[str, Any]:
        message = await socket.receive()
        if message.type is not WSMsgType.TEXT:
            raise Away(f"closed with {socket.close_code}")
        fields: dict[str, Any] = json.loads(message.data)
        if fields["type"] in ("error", "nack"):
            raise Away(str(fields))
        return fields

    def _handle(self, fields: Mapping[str, Any]) -> None:
        if fields["type"] == "ack":
            self._through = int(fields["through"])
            self._ended = self._ended or bool(fields.get("ended"))
            _note(self._where, self._take, Kind.ACKNOWLEDGED, end=self._through)


async def _speak_by_socket(take: Take, where: Room) -> None:
    await _SocketBot(take, where).play()


async def _speak_by_client(take: Take, where: Room) -> None:
    """Our own client, which does everything by itself."""
    async with MeetingClient(where.url, patience=IMPATIENT) as client:
        stream = client.open_stream(where.id, take.participant, rate=RATE_HZ, captured_at=take.captured_at)
        for at in range(0, len(take.pcm), PIECE):
            await asyncio.sleep(where.pause_s)
            piece = take.pcm[at : at + PIECE]
            _note(where, take, Kind.SENT, at, at + len(piece))
            await stream.write(piece)
            _note(where, take, Kind.ACKNOWLEDGED, end=stream.through)
        await stream.drain()
        _note(where, take, Kind.ACKNOWLEDGED, end=stream.through)
        if take.leaves:
            await stream.finish()
            _note(where, take, Kind.ENDED)


_PLAYERS: Mapping[By, Callable[[Take, Room], Awaitable[None]]] = {
    By.POSTS: _post,
    By.SOCKET: _speak_by_socket,
    By.CLIENT: _speak_by_client,
}


def _note(where: Room, take: Take, kind: Kind, start: int = 0, end: int = 0, detail: str = "") -> None:
    where.history.note(
        f"{take.participant} {take.by}", kind, take.participant, take.number, start, end, detail
    )
