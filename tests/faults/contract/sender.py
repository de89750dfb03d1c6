"""One socket of a sender that does exactly what it is told, and keeps what it was told."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType

from meeting_service.protocol import AudioMessage
from tests.faults.contract.takes import RATE_HZ, Lane

PATIENCE_S = 20.0


@dataclass(slots=True)
class Carried:
    """A lane on a socket."""

    number: int
    sent: int
    """where the sender goes on"""
    through: int
    """acknowledged"""
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """declared, and not known to be recorded"""
    nacks: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ended: bool = False


class Closed(AssertionError):
    """The service closed a connection that was to say something."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Socket:
    """A connection and the lanes it carries, by their index. Used on one event loop, by nobody else."""

    def __init__(self, ws: ClientWebSocketResponse, tag: str) -> None:
        self.ws = ws
        self.tag = tag
        self.carried: dict[int, Carried] = {}
        self.code: int | None = None
        """the close code, once it is closed"""
        self._numbers = 0

    async def open(self, lanes: Sequence[tuple[int, Lane]]) -> None:
        """Say hello, or open more; returns when they are welcome."""
        kind = "hello" if self._numbers == 0 else "open"
        numbers = {}
        for index, _ in lanes:
            self._numbers += 1
            numbers[self._numbers] = index
        specs = [_describe(number, lane) for number, (_, lane) in zip(numbers, lanes, strict=True)]
        await self.say(kind, streams=specs)
        welcome = await self.hear(lambda message: message["type"] == "welcome")
        assert {stream["stream"] for stream in welcome["streams"]} == set(numbers)
        for stream in welcome["streams"]:
            through = stream["through"]
            self.carried[numbers[stream["stream"]]] = Carried(stream["stream"], through, through)

    async def say(self, kind: str, **fields: Any) -> None:
        """Send a text message."""
        await self.ws.send_str(json.dumps({"type": kind, **fields}))

    async def send(self, number: int, offset: int, payload: bytes) -> None:
        """Send audio."""
        await self.ws.send_bytes(AudioMessage(number, offset, payload).encode())

    async def hear(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that is wanted; all are taken down.

        Raises:
            Closed: the socket was closed instead.
        """
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.ws.receive()
                if message.type is not WSMsgType.TEXT:
                    raise Closed(self.ws.close_code)
                told: dict[str, Any] = message.json()
                self._note(told)
                if wanted(told):
                    return told

    async def hear_through(self, carried: Carried, through: int) -> None:
        """Return when so much of a lane is acknowledged."""
        if carried.through < through:
            await self.hear(lambda _: carried.through >= through)

    async def hear_close(self) -> int | None:
        """The close code, once the service has closed; messages before it are taken down."""
        async with asyncio.timeout(PATIENCE_S):
            while (message := await self.ws.receive()).type is WSMsgType.TEXT:
                self._note(message.json())
        self.code = self.ws.close_code
        return self.code

    async def break_off(self, half: bytes) -> None:
        """Go away in the middle of a message."""
        response = self.ws._response
        assert response.connection is not None
        assert response.connection.transport is not None
        transport = response.connection.transport
        transport.write(half)
        transport.abort()
        await self.ws.close()

    def _note(self, told: dict[str, Any]) -> None:
        of = next((c for c in self.carried.values() if c.number == told.get("stream")), None)
        if of is None:
            return
        match told["type"]:
            case "ack":
                assert told["through"] >= of.through, "an acknowledgement was taken back"
                of.through, of.ended = told["through"], told.get("ended", False)
            case "nack":
                of.nacks.append(told["expected"])
            case "error":
                of.errors.append(told["code"])


def half_frame(payload: bytes) -> bytes:
    """The first half of a binary message, as a client's frame."""
    frame = bytes([0x82, 0x80 | 127]) + len(payload).to_bytes(8, "big") + bytes(4) + payload
    return frame[: len(frame) // 2]


def _describe(number: int, lane: Lane) -> dict[str, Any]:
    who: dict[str, Any] = {"participants": list(lane.participants)}
    if len(lane.participants) == 1:
        who = {"participant": lane.participants[0]}
    at = lane.take.captured_at.isoformat()
    fields = {"encoding": "s16le", "rate": RATE_HZ, "channels": len(lane.participants), "captured_at": at}
    return {"stream": number, **who, **fields}
