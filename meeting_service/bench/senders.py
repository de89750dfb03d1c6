"""A process that sends a load: reads a `LoadRequest` from its input, writes a `LoadResult` to its output."""

import asyncio
import itertools
import json
import math
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

import numpy as np
from aiohttp import ClientSession, WSMsgType

from meeting_service.audio import RECOGNITION_RATE_HZ, Encoding, Pcm, RawFormat
from meeting_service.bench.load import (
    ONE_SPEAKS_OF,
    PEOPLE_A_SOCKET,
    PIECES_A_SECOND,
    LoadRequest,
    LoadResult,
)
from meeting_service.bench.turns import make_track
from meeting_service.demo.report import percentile
from meeting_service.protocol import SUBPROTOCOL, AudioMessage, Bye, Hello, StreamSpec

PIECE_SAMPLES = RECOGNITION_RATE_HZ // PIECES_A_SECOND
PIECE_S = 1 / PIECES_A_SECOND
LAST_ANSWERS_S = 10.0
OUTSTANDING_S = 4.0
"""audio of a participant that is on its way, flat out"""
_BREATH = 2
"""loudest sample of one who does not speak: stored as sound, too quiet for anybody to listen to"""
_TRACK_S = 20.0
_VOICES = 6


@dataclass
class Counts:
    """What was sent and what came back. Owned by the loop; times are monotonic."""

    begin_s: float = 0.0
    measured_s: float = math.inf
    """from when on it counts"""
    end_s: float = math.inf
    delays_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    acknowledged: int = 0
    last_s: float = 0.0
    """when the last one was acknowledged"""
    sent: int = 0

    @classmethod
    def soon(cls, request: LoadRequest) -> "Counts":
        """For what begins in a moment."""
        begin_s = time.monotonic() + 0.1
        measured_s = begin_s + request.settle_s
        return cls(begin_s, measured_s, measured_s + request.seconds)

    def left(self, now_s: float, due_s: float) -> None:
        """A piece was sent that was due."""
        if now_s >= self.measured_s:
            self.sent += 1
            self.late_ms.append(1_000 * max(0.0, now_s - due_s))

    def came(self, sent_s: float, now_s: float) -> None:
        """A piece was acknowledged."""
        if sent_s >= self.measured_s:
            self.delays_ms.append(1_000 * (now_s - sent_s))
            self.acknowledged += 1
            self.last_s = now_s


class Audio:
    """What everybody sends, piece by piece, for ever."""

    def __init__(self, people: int) -> None:
        speakers = min(_VOICES, -(-people // ONE_SPEAKS_OF))
        self._spoken = [_to_pieces(make_track(_TRACK_S, seed).pcm) for seed in range(speakers)]
        draw = np.random.default_rng(1)
        breath = draw.integers(-_BREATH, _BREATH + 1, round(_TRACK_S * RECOGNITION_RATE_HZ), dtype=np.int16)
        self._breath = _to_pieces(breath)

    def piece(self, person: int, number: int) -> bytes:
        """One piece of one participant; no two of them are at the same place of the same track."""
        speaks = person % ONE_SPEAKS_OF == 0
        track = self._spoken[person // ONE_SPEAKS_OF % len(self._spoken)] if speaks else self._breath
        return track[(number + 7 * person) % len(track)]


def _to_pieces(pcm: Pcm) -> list[bytes]:
    whole = len(pcm) // PIECE_SAMPLES * PIECE_SAMPLES
    return [piece.astype("<i2").tobytes() for piece in pcm[:whole].reshape(-1, PIECE_SAMPLES)]


class SocketBot:
    """Some participants of one meeting on one WebSocket."""

    def __init__(self, request: LoadRequest, meeting: str, people: Sequence[int], audio: Audio) -> None:
        self._request = request
        self._url = f"{request.url}v1/meetings/{meeting}/audio"
        self._people = people
        self._audio = audio
        self._counts = Counts()
        self._on_way: dict[int, deque[tuple[int, float]]] = {p: deque() for p in people}
        """by participant, where each piece ends and when it left"""
        self._moved = asyncio.Event()

    async def join(self, session: ClientSession) -> None:
        """Connect, send everybody's first piece and have it acknowledged."""
        self._socket = await session.ws_connect(self._url, protocols=(SUBPROTOCOL,), max_msg_size=0)
        audio_format = RawFormat(Encoding.S16LE, RECOGNITION_RATE_HZ)
        hello = [StreamSpec(person, audio_format, (f"p{person}",)) for person in self._people]
        await self._socket.send_str(Hello(hello).encode())
        await self._socket.receive_str()
        self._reading = asyncio.create_task(self._read(), name="acknowledgements")
        for person in self._people:
            await self._send(person, 0, time.monotonic())
        while any(self._on_way.values()) and not self._reading.done():
            await self._wait_for_more()

    async def run(self, counts: Counts) -> None:
        """Send until the end; return when all is acknowledged, or too late."""
        self._counts = counts
        try:
            await (self._send_flat_out() if self._request.flat_out else self._send_in_time())
            await self._socket.send_str(Bye().encode())
            await asyncio.wait({self._reading}, timeout=LAST_ANSWERS_S)
            if self._reading.done():
                self._reading.result()
        finally:
            self._reading.cancel()
            await self._socket.close()

    async def _send_in_time(self) -> None:
        counts = self._counts
        for number in itertools.count(1):
            for place, person in enumerate(self._people):
                due_s = counts.begin_s + PIECE_S * (number - 1 + place / len(self._people))
                if due_s >= counts.end_s:
                    return
                if (wait_s := due_s - time.monotonic()) > 0:
                    await asyncio.sleep(wait_s)
                await self._send(person, number, due_s)

    async def _send_flat_out(self) -> None:
        await asyncio.sleep(self._counts.begin_s - time.monotonic())
        numbers, most = dict.fromkeys(self._people, 1), OUTSTANDING_S * PIECES_A_SECOND
        while time.monotonic() < self._counts.end_s and not self._reading.done():
            for person, number in numbers.items():
                if len(self._on_way[person]) < most:
                    await self._send(person, number, time.monotonic())
                    numbers[person] += 1
            if all(len(way) >= most for way in self._on_way.values()):
                await self._wait_for_more()

    async def _wait_for_more(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    async def _send(self, person: int, number: int, due_s: float) -> None:
        message = AudioMessage(person, number * PIECE_SAMPLES, self._audio.piece(person, number))
        now_s = time.monotonic()
        self._on_way[person].append(((number + 1) * PIECE_SAMPLES, now_s))
        self._counts.left(now_s, due_s)
        await self._socket.send_bytes(message.encode())

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                told = json.loads(message.data)
                if told["type"] == "ack":
                    self._acknowledge(told["stream"], told["through"])
                elif told["type"] in ("error", "nack"):
                    raise ConnectionError(f"the service answered {message.data}")
        finally:
            self._moved.set()

    def _acknowledge(self, person: int, through: int) -> None:
        way, now_s = self._on_way[person], time.monotonic()
        while way and way[0][0] <= through:
            self._counts.came(way.popleft()[1], now_s)
        self._moved.set()


class RequestBot:
    """One participant whose pieces are requests on a connection that is kept.

    Written on bare streams: a whole HTTP client costs more than what it is to measure.
    """

    def __init__(self, request: LoadRequest, meeting: str, person: int, audio: Audio) -> None:
        place = urlsplit(request.url)
        self._host, self._port = place.hostname or "127.0.0.1", place.port or 80
        self._path = f"/v1/meetings/{meeting}/participants/p{person}/audio"
        self._person = person
        self._audio = audio

    async def join(self, _session: ClientSession) -> None:
        """Connect, post the first piece."""
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        await self._post(0)

    async def run(self, counts: Counts) -> None:
        """Post until the end, each piece after the one before was answered."""
        first_s = counts.begin_s + PIECE_S * (self._person * 0.618 % 1)
        try:
            for number in itertools.count(1):
                due_s = first_s + PIECE_S * (number - 1)
                if due_s >= counts.end_s:
                    return
                held_up = time.monotonic() > due_s
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                now_s = due_s if held_up else time.monotonic()  # waiting for an answer is part of the delay
                counts.left(now_s, due_s)
                await self._post(number)
                counts.came(now_s, time.monotonic())
        finally:
            self._writer.close()

    async def _post(self, number: int) -> None:
        body = self._audio.piece(self._person, number)
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            f"Content-Type: audio/pcm;rate={RECOGNITION_RATE_HZ};encoding=s16le\r\n"
            f"Upload-Offset: {number * PIECE_SAMPLES}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = answer.partition("content-length:")[2].partition("\r\n")[0]
        said = await self._reader.readexactly(int(length))
        if " 200 " not in answer.partition("\r\n")[0]:
            raise ConnectionError(f"the service answered {said.decode()}")


Bot = SocketBot | RequestBot


async def send(request: LoadRequest) -> LoadResult:
    """Make the meetings, have everybody join, send to all of them at once, delete them."""
    people = range(1, request.participants + 1)
    groups = [people[at : at + PEOPLE_A_SOCKET] for at in range(0, len(people), PEOPLE_A_SOCKET)]
    async with ClientSession() as session:
        meetings = [await _create(session, request, number) for number in range(len(groups))]
        bots = list(_make_bots(request, zip(groups, meetings, strict=True)))
        joining_s = time.monotonic()
        await asyncio.gather(*(bot.join(session) for bot in bots))
        joining_s = time.monotonic() - joining_s
        counts, cpu_s = Counts.soon(request), time.process_time()
        errors = await asyncio.gather(*(bot.run(counts) for bot in bots), return_exceptions=True)
        cpu_s = time.process_time() - cpu_s
        for meeting in meetings:
            await session.delete(f"{request.url}v1/meetings/{meeting}")
    failure = next((repr(error) for error in errors if error), "")
    return _sum_up(counts, joining_s, cpu_s, failure)


def _make_bots(request: LoadRequest, groups: Iterable[tuple[Sequence[int], str]]) -> Iterator[Bot]:
    audio = Audio(request.participants)
    for group, meeting in groups:
        if request.http:
            yield from (RequestBot(request, meeting, person, audio) for person in group)
        else:
            yield SocketBot(request, meeting, group, audio)


async def _create(session: ClientSession, request: LoadRequest, number: int) -> str:
    body = {"id": f"{request.name}-{number}"}
    async with session.post(f"{request.url}v1/meetings", json=body) as response:
        response.raise_for_status()
    return body["id"]


def _sum_up(counts: Counts, joining_s: float, cpu_s: float, failure: str) -> LoadResult:
    return LoadResult(
        delays_ms=[round(ms, 1) for ms in counts.delays_ms],
        unacknowledged=counts.sent - counts.acknowledged,
        acknowledged_s=counts.acknowledged * PIECE_S,
        joining_s=joining_s,
        seconds=max(counts.last_s - counts.measured_s, 0.0),
        late_ms=percentile(counts.late_ms, 0.99) if counts.late_ms else 0.0,
        cpu_s=cpu_s,
        failure=failure,
    )


def main() -> None:
    """Do what the input asks."""
    request = LoadRequest(**json.load(sys.stdin))
    json.dump(asdict(asyncio.run(send(request))), sys.stdout)


if __name__ == "__main__":
    main()
