"""Bots and watchers that go on by themselves whatever happens to the service, and log what they see.

They do what the documentation tells a bot to do, no more: keep what is not acknowledged, ask where to go on,
send it again from there.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, TypeVar

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    WSMsgType,
)

from meeting_service.audio import Encoding, RawFormat
from meeting_service.client import MeetingClient, Patience
from meeting_service.events import MeetingChanged, SentenceFinalized, StoredEvent, StoredEventKind
from meeting_service.meeting import MeetingState
from meeting_service.protocol import SUBPROTOCOL, AudioMessage, DeclareGap, End, Hello, StreamSpec
from tests.faults.history import History, Kind
from tests.faults.script import RATE_HZ, START, By, Script, Take

PIECE = RATE_HZ // 4
"""samples sent at once"""
RETRY_S = 0.05
ANSWER_S = 20.0
"""after which a request is made again; far more than any answer takes"""
IMPATIENT = Patience(delays_s=(RETRY_S,), jitter_s=RETRY_S, later_s=RETRY_S)
PCM_TYPE = f"audio/pcm;rate={RATE_HZ};encoding=s16le"

T = TypeVar("T")


class Away(Exception):
    """The service gave no answer, or one that says to try again."""


class Room:
    """A meeting that bots are in: where the service is, what they have seen. One event loop.

    Args:
        url: of the service, the same over restarts.
        http: closed by who made it.
        history: where everybody logs.
        speed: how many times faster than people they speak.
        meeting_id: of the meeting.
    """

    def __init__(
        self, url: str, http: ClientSession, history: History, speed: float = 20.0, meeting_id: str = "m"
    ) -> None:
        self.url = url
        self.http = http
        self.history = history
        self.pause_s = PIECE / RATE_HZ / speed
        self.id = meeting_id

    def path(self, rest: str = "") -> str:
        """An address of the meeting."""
        return f"{self.url}/v1/meetings/{self.id}{rest}"

    async def create(self) -> None:
        """The meeting, whose clock starts where the script does."""
        body = {"id": self.id, "title": "Campaign", "started_at": START.isoformat()}
        await self.ask("POST", f"{self.url}/v1/meetings", json=body)

    async def end(self) -> None:
        """End the meeting; all text is final when this returns, whatever happens meanwhile."""
        await self.ask("POST", self.path("/end"), timeout=ClientTimeout(total=None))

    async def delete(self) -> None:
        """Delete the meeting; one that is gone already is fine."""
        await self.ask("DELETE", self.path(), accept=(404,), timeout=ClientTimeout(total=None))

    async def download(self, name: str) -> bytes:
        """The transcript in a format."""
        return await self.ask("GET", self.path(f"/transcript.{name}"))

    async def ask(self, method: str, url: str, *, accept: tuple[int, ...] = (), **options: Any) -> bytes:
        """Ask again and again until there is an answer."""
        return await persist(lambda: self._ask_once(method, url, accept, options))

    async def _ask_once(
        self, method: str, url: str, accept: tuple[int, ...], options: Mapping[str, Any]
    ) -> bytes:
        given = {"timeout": ClientTimeout(total=ANSWER_S), **options}
        async with self.http.request(method, url, **given) as response:
            body = await response.read()
            if response.status >= 500 or response.status == 429:
                raise Away(f"status {response.status}")
            if not response.ok and response.status not in accept:
                raise AssertionError(f"{method} {url} is refused: {response.status} {body.decode()}")
            return body


@asynccontextmanager
async def room(url: str, history: History, speed: float = 20.0) -> AsyncIterator[Room]:
    """A room with its own connections, closed afterwards."""
    async with ClientSession() as http:
        yield Room(url, http, history, speed)


async def persist(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until the service answers."""
    while True:
        try:
            return await attempt()
        except (ClientError, OSError, TimeoutError, Away):
            await asyncio.sleep(RETRY_S)


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


async def watch(where: Room, name: str = "watcher") -> None:
    """Follow the meeting as a browser does, resuming by `Last-Event-ID`, until it has ended."""
    last = 0
    while True:
        try:
            async for kind, seq, data in _listen(where, last):
                last = seq
                where.history.note(name, Kind.EVENT, end=seq, detail=f"{kind} {data}")
                if kind == "meeting" and json.loads(data)["state"] == MeetingState.ENDED:
                    return
        except (ClientError, OSError, TimeoutError, Away):
            pass
        await asyncio.sleep(RETRY_S)


async def _listen(where: Room, after: int) -> AsyncIterator[tuple[str, int, str]]:
    headers = {"Last-Event-ID": str(after)}
    timeout = ClientTimeout(total=None, sock_read=60)
    async with where.http.get(where.path("/events"), headers=headers, timeout=timeout) as response:
        if response.status != 200:
            raise Away(f"status {response.status}")
        fields: dict[str, str] = {}
        async for line in response.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
                continue
            if "id" in fields:
                yield fields["event"], int(fields["id"]), fields["data"]
            fields = {}


async def watch_by_client(where: Room, name: str = "client") -> None:
    """Follow the meeting with our own client until it has ended."""
    async with MeetingClient(where.url, patience=IMPATIENT) as client:
        async for event in client.events(where.id):
            if isinstance(event, StoredEvent):
                where.history.note(name, Kind.EVENT, end=event.seq, detail=_describe(event.event))
                if (
                    isinstance(event.event, MeetingChanged)
                    and event.event.meeting.state is MeetingState.ENDED
                ):
                    return


def _describe(event: StoredEventKind) -> str:
    """As the other watcher notes it."""
    if isinstance(event, SentenceFinalized):
        return f"sentence {json.dumps(asdict(event.sentence))}"
    return type(event).__name__


def _note(where: Room, take: Take, kind: Kind, start: int = 0, end: int = 0, detail: str = "") -> None:
    where.history.note(
        f"{take.participant} {take.by}", kind, take.participant, take.number, start, end, detail
    )
