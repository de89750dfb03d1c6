"""Participants who are sick, each in a way of its own, for as long as they are let.

Run as `python -m tests.faults.sick URL ILLNESS`, a process of its own, so that only the service is theirs to
harm. Each line of its input, `sick` or `well`, is a turn; at the end of the input it prints what it was told.
"""

import asyncio
import itertools
import json
import os
import socket
import struct
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse, TCPConnector

from meeting_service.audio import Container, Pcm
from meeting_service.protocol import SUBPROTOCOL, AudioMessage
from tests.faults.room import PCM_TYPE
from tests.faults.steering import mark
from tests.ingest.files import encode
from tests.signals import speech

RATE_HZ = 16_000
PAUSE_S = 0.05
AND = "; "
"""between the names of illnesses that one has all at once"""
SECOND_BYTES = 2 * RATE_HZ
HALF_OPEN = 1_000
SLOW_BODIES = 200
DEAF_READERS = 50
POISONED_WORDS = 5
LESS_THAN_OTHERS = 10
"""so that it is the service it competes for, and not the machine"""


@dataclass
class Sickbed:
    """Where a sick participant is, and what it was told."""

    url: str
    http: ClientSession
    meeting_id: str = "m"
    told: Counter[str] = field(default_factory=Counter)
    """statuses, close codes and error codes by number of times"""

    @property
    def port(self) -> int:
        """The service's."""
        return int(self.url.rpartition(":")[2])

    def path(self, rest: str) -> str:
        """An address of the meeting."""
        return f"{self.url}/v1/meetings/{self.meeting_id}{rest}"

    async def post(self, data: Any, content_type: str, participant: str = "sick", **headers: str) -> int:
        """Post audio; the status is noted."""
        head = {"Content-Type": content_type, **{k.replace("_", "-"): v for k, v in headers.items()}}
        address, timeout = self.path(f"/participants/{participant}/audio"), ClientTimeout(total=30)
        async with self.http.post(address, data=data, headers=head, timeout=timeout) as response:
            body = await response.read()
        self.told[f"{response.status} {json.loads(body).get('code', '')}".strip()] += 1
        return response.status

    @asynccontextmanager
    async def socket(self, encoding: str = "s16le", participant: str = "sick") -> Any:
        """A socket with stream 1 open; how it is closed is noted."""
        async with self.http.ws_connect(self.path("/audio"), protocols=(SUBPROTOCOL,)) as connection:
            stream = {"stream": 1, "participant": participant, "encoding": encoding, "rate": RATE_HZ}
            await connection.send_json({"type": "hello", "streams": [{**stream, "channels": 1}]})
            listener = asyncio.create_task(self._listen(connection), name="sick listener")
            try:
                yield connection
            finally:
                await asyncio.wait({listener}, timeout=PAUSE_S)
                listener.cancel()
                await asyncio.gather(listener, return_exceptions=True)

    async def _listen(self, connection: ClientWebSocketResponse) -> None:
        async for message in connection:
            fields = json.loads(message.data)
            if fields["type"] == "error":
                self.told[f"error {fields['code']}"] += 1
        self.told[f"close {connection.close_code}"] += 1


async def take_turns(bed: Sickbed, illness: str) -> None:
    """Be sick when told to, and well when told to."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    task: asyncio.Task[None] | None = None
    while line := await reader.readline():
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        sick = line.strip() == b"sick"
        task = asyncio.create_task(_be_all(illness.split(AND), bed), name="sick") if sick else None
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _be_all(names: Sequence[str], bed: Sickbed) -> None:
    await asyncio.gather(*(be_sick(ILLNESSES[name], bed) for name in names))


async def be_sick(illness: "Illness", bed: Sickbed) -> None:
    """Until cancelled; who is thrown out comes back."""
    while True:
        with suppress(ClientError, OSError, TimeoutError):
            await illness(bed)
        await asyncio.sleep(PAUSE_S)


# Garbage


async def _not_numbers(bed: Sickbed) -> None:
    garbage = np.full(RATE_HZ, np.nan, np.float32).tobytes()
    await bed.post(garbage, PCM_TYPE.replace("s16le", "f32le"))
    async with bed.socket("f32le") as connection:
        for _ in range(100):
            await connection.send_bytes(AudioMessage(1, 0, garbage[:4_000]).encode())


async def _random_containers(bed: Sickbed) -> None:
    heads = {"ogg": b"OggS\0\2", "flac": b"fLaC\0\0\0\x22", "webm": b"\x1aE\xdf\xa3", "mpeg": b"\xff\xfb\x90"}
    for name, head in heads.items():
        await bed.post(head + os.urandom(65_536), f"audio/{name}")


async def _lying_headers(bed: Sickbed) -> None:
    for channels, rate, size in ((255, 0, 0xFFFF_FFFF), (1, 96_000, 0xFFFF_FFF0), (0, 16_000, 44), (2, 1, 7)):
        layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * 2, 2, 16)
        await bed.post(
            b"RIFF" + struct.pack("<I4s", size, b"WAVE") + layout + b"data\xff\xff\xff\xff" + b"\0" * 999,
            "audio/wav",
        )


async def _bombs(bed: Sickbed) -> None:
    silence = np.zeros((RATE_HZ * 60, 1), np.int16)
    minute = encode(Container.FLAC, silence)
    await bed.post(minute, "audio/flac")
    await bed.post(b"\x1f\x8b" + os.urandom(1_000), PCM_TYPE, Content_Encoding="gzip")
    with suppress(ClientError):
        await bed.post(_endless(bytes(SECOND_BYTES * 60)), PCM_TYPE)


async def _endless(piece: bytes) -> Any:
    for _ in itertools.count():
        yield piece


# Floods


async def _one_byte_messages(bed: Sickbed) -> None:
    async with bed.socket("mulaw") as connection:
        for at in itertools.count():
            await connection.send_bytes(AudioMessage(1, at, b"\x55").encode())
            if at % 100 == 99:
                await asyncio.sleep(0.05)


async def _empty_messages(bed: Sickbed) -> None:
    message = AudioMessage(1, 0, b"").encode()
    async with bed.socket() as connection:
        while not connection.closed:
            await connection.send_bytes(message)
            await asyncio.sleep(0)


async def _words(bed: Sickbed) -> None:
    async with bed.socket() as connection:
        for at in itertools.count(1):
            await connection.send_str(json.dumps({"type": "gap", "stream": 1, "from": at - 1, "to": at}))
            await asyncio.sleep(0)


async def _requests(bed: Sickbed) -> None:
    async def ask() -> None:
        async with bed.http.get(bed.path("")) as response:
            bed.told[str(response.status)] += 1

    await asyncio.gather(*(ask() for _ in range(50)))


async def _half_open(bed: Sickbed) -> None:
    await _hold(bed, HALF_OPEN, b"GET / HT")


async def _slow_bodies(bed: Sickbed) -> None:
    head = (
        f"Host: 127.0.0.1\r\nContent-Type: {PCM_TYPE}\r\nUpload-Offset: 0\r\nContent-Length: 100000\r\n\r\n"
    )
    request = f"POST /v1/meetings/{bed.meeting_id}/participants/sick/audio HTTP/1.1\r\n{head}"
    await _hold(bed, SLOW_BODIES, request.encode(), trickle=b"\1\0")


async def _deaf_readers(bed: Sickbed) -> None:
    request = f"GET /v1/meetings/{bed.meeting_id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    await _hold(bed, DEAF_READERS, request.encode())


async def _hold(bed: Sickbed, count: int, request: bytes, trickle: bytes = b"") -> None:
    """Many connections that say this, then next to nothing, until this is cancelled."""
    loop, held = asyncio.get_running_loop(), list[socket.socket]()
    try:
        for _ in range(count):
            held.append(connection := socket.socket())
            connection.setblocking(False)
            await loop.sock_connect(connection, ("127.0.0.1", bed.port))
            await loop.sock_sendall(connection, request)
        bed.told["connections held"] = count
        while True:
            await asyncio.sleep(1)
            for connection in held:
                with suppress(OSError):
                    connection.send(trickle)
    finally:
        for connection in held:
            connection.close()


# Too much


async def _ten_times(bed: Sickbed) -> None:
    await _speak(bed, speed=10.0)


async def _as_fast_as_it_can(bed: Sickbed) -> None:
    await _speak(bed, speed=None)


async def _speak(bed: Sickbed, speed: float | None) -> None:
    pcm = _speech()
    async with bed.socket() as connection:
        for at in range(0, 10 * len(pcm), RATE_HZ):
            first = at % len(pcm)
            await connection.send_bytes(AudioMessage(1, at, pcm[first : first + RATE_HZ].tobytes()).encode())
            await asyncio.sleep(1 / speed if speed else 0)


async def _post_all_it_can(bed: Sickbed) -> None:
    await asyncio.gather(*(bed.post(_speech().tobytes(), PCM_TYPE, f"sick-{n}") for n in range(8)))


async def _never_reads(bed: Sickbed) -> None:
    """A socket by hand, for a library would read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bed.port, limit=1_024)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    writer.write(
        f"GET /v1/meetings/{bed.meeting_id}/audio HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode()
    )
    stream = {"stream": 1, "participant": "sick", "encoding": "s16le", "rate": RATE_HZ, "channels": 1}
    try:
        writer.write(_frame(1, json.dumps({"type": "hello", "streams": [stream]}).encode()))
        for at in range(0, 1_000_000, 16):
            writer.write(_frame(2, AudioMessage(1, at, bytes(32)).encode()))
            await writer.drain()
    finally:
        writer.transport.abort()
        del reader


def _frame(opcode: int, payload: bytes) -> bytes:
    """A client's frame, masked with zeros."""
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
    return bytes([0x80 | opcode]) + size + bytes(4) + payload


# Too many, too long


async def _huge_names(bed: Sickbed) -> None:
    for name in ("n" * 60_000, "\u202e\0" * 1_000):
        async with bed.http.put(bed.path("/participants/sick"), json={"name": name}) as response:
            bed.told[str(response.status)] += 1
    await bed.post(b"", PCM_TYPE, "p" * 4_000)
    async with bed.http.ws_connect(bed.path("/audio"), protocols=(SUBPROTOCOL,)) as connection:
        stream = {
            "stream": 1,
            "participant": "sick",
            "name": "n" * 200_000,
            "encoding": "s16le",
            "rate": 16_000,
        }
        await connection.send_json({"type": "hello", "streams": [stream]})
        await bed._listen(connection)


async def _ten_thousand_streams(bed: Sickbed) -> None:
    async with bed.socket() as connection:
        for number in range(2, 10_000):
            stream = {
                "stream": number,
                "participant": f"sick-{number % 7}",
                "encoding": "s16le",
                "rate": 16_000,
            }
            await connection.send_json({"type": "open", **stream, "channels": 1})
            await connection.send_json({"type": "end", "stream": number})


async def _poison(bed: Sickbed) -> None:
    """Audio that the recogniser is told to fail at, hang on or die of."""
    word = _speech()[: 4 * RATE_HZ].copy()
    word[RATE_HZ : RATE_HZ + len(mark())] = mark()
    pcm = np.tile(word, POISONED_WORDS)
    await bed.post(pcm.tobytes(), PCM_TYPE, "poisoner")
    await asyncio.sleep(PAUSE_S)


def _speech() -> Pcm:
    samples = np.concatenate([speech(2.5, 77), np.zeros(RATE_HZ * 3 // 2, np.float32)] * 3)
    return np.round(samples * 32_768).astype(np.int16)


Illness = Callable[[Sickbed], Awaitable[None]]
ILLNESSES: Mapping[str, Illness] = {
    "floats that are no numbers": _not_numbers,
    "random bytes in containers": _random_containers,
    "headers that lie": _lying_headers,
    "bombs": _bombs,
    "one byte a message, 2,000 a second": _one_byte_messages,
    "empty messages": _empty_messages,
    "gaps of one sample": _words,
    "requests": _requests,
    "1,000 half-open connections": _half_open,
    "200 slow bodies": _slow_bodies,
    "50 watchers who never read": _deaf_readers,
    "ten times real-time": _ten_times,
    "as fast as it can": _as_fast_as_it_can,
    "eight at once over HTTP": _post_all_it_can,
    "never reads": _never_reads,
    "huge names": _huge_names,
    "ten thousand streams": _ten_thousand_streams,
    "fails the recogniser": _poison,
    "kills the recogniser": _poison,
    "hangs the recogniser": _poison,
}


async def main(url: str, illness: str) -> None:
    """Lie down at a service, and say at the end what was told."""
    async with ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=30)) as http:
        bed = Sickbed(url, http)
        await take_turns(bed, illness)
    print(json.dumps(bed.told))  # noqa: T201 - what the campaign reads


if __name__ == "__main__":
    os.nice(LESS_THAN_OTHERS)
    asyncio.run(main(*sys.argv[1:]))
