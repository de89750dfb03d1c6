"""A bad network on loopback between clients and a service, made worse and better while it is in use."""

import asyncio
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

PIECE_BYTES = 16_384
RATE_PIECE_BYTES = 1_024
IN_FLIGHT = 256
"""pieces that a delay may hold; then it is not read on"""
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the network. All of it may hold at once; nothing by default."""

    refuse: bool = False
    """connections are reset as soon as they are made"""
    cuts: Iterator[int] = field(default_factory=lambda: iter(()))
    """each connection is reset after the next of these, in bytes both ways; with none left, it lives"""
    swallow_up: bool = False
    """what clients send is taken and never arrives; a connection that lost something never works again"""
    swallow_down: bool = False
    """likewise what the service sends"""
    piece_bytes: int = PIECE_BYTES
    """what arrives at once"""
    bytes_s: float = 0.0
    """what arrives in a second, in each direction; 0 is as much as comes"""
    delay_s: tuple[float, float] = (0.0, 0.0)
    """mean, and at most so much more or less; order is kept"""
    corrupt: float = 0.0
    """probability that a byte arrives as another one"""
    close_s: float = 0.0
    """how long after the one side has closed the other hears of it"""


HEALTHY = Faults()


class FaultProxy:
    """Listens on loopback, on one port for its life. An asynchronous context manager; used on one event loop.

    Args:
        port: of the service.
        seed: of everything that chance decides.
        host: of the service.
    """

    def __init__(self, port: int, *, seed: int = 0, host: str = "127.0.0.1") -> None:
        self.faults = HEALTHY
        """assigned to at any time; holds for what is open, too"""
        self.connections = 0
        """that reached the service so far"""
        self._chance = random.Random(seed)
        self._to = (host, port)
        self._open: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        self.reset_all()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """The service's address through it."""
        return f"http://127.0.0.1:{self.port}"

    def reset_all(self) -> None:
        """Reset every connection that is open now."""
        for task, writers in self._open.items():
            for writer in writers:
                _reset(writer)
            task.cancel()

    # One connection

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = [writer]
        try:
            await self._join(reader, writer, self._open[task])
        except* (OSError, asyncio.CancelledError):  # either side is gone, or `reset_all`
            pass
        finally:
            for each in self._open.pop(task):
                _reset(each)

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, writers: list[asyncio.StreamWriter]
    ) -> None:
        if self.faults.refuse:
            return
        link = _Link(next(self.faults.cuts, None))
        from_service, to_service = await asyncio.open_connection(*self._to)
        writers.append(to_service)
        self.connections += 1
        async with asyncio.TaskGroup() as group:
            group.create_task(self._carry(reader, to_service, link, up=True))
            group.create_task(self._carry(from_service, writer, link, up=False))

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, link: "_Link", *, up: bool
    ) -> None:
        flight: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(IN_FLIGHT)
        loop = asyncio.get_running_loop()

        async def take() -> None:
            while data := await source.read(self._read_bytes):
                mean_s, spread_s = self.faults.delay_s
                delay_s = max(0.0, mean_s + self._chance.uniform(-spread_s, spread_s)) if mean_s else 0.0
                await flight.put((loop.time() + delay_s, data))
            await flight.put((loop.time() + self.faults.close_s, b""))

        async def give() -> None:
            while True:
                due_s, data = await flight.get()
                await asyncio.sleep(due_s - loop.time())
                if not data:
                    break
                await self._give(data, sink, link, up=up)
            if sink.can_write_eof():
                sink.write_eof()

        async with asyncio.TaskGroup() as group:
            group.create_task(take())
            group.create_task(give())

    async def _give(self, data: bytes, sink: asyncio.StreamWriter, link: "_Link", *, up: bool) -> None:
        faults = self.faults
        link.swallows |= {up} if (faults.swallow_up if up else faults.swallow_down) else set()
        if up in link.swallows:
            return
        data = self._corrupt(data, faults.corrupt)
        for start in range(0, len(data), faults.piece_bytes):
            sink.write(link.allow(data[start : start + faults.piece_bytes]))
            await sink.drain()
            if link.left == 0:
                raise ConnectionResetError
            if faults.bytes_s:
                await asyncio.sleep(faults.piece_bytes / faults.bytes_s)
            elif faults.piece_bytes < PIECE_BYTES:
                await asyncio.sleep(0)

    @property
    def _read_bytes(self) -> int:
        return RATE_PIECE_BYTES if self.faults.bytes_s else PIECE_BYTES

    def _corrupt(self, data: bytes, probability: float) -> bytes:
        if not probability:
            return data
        changed = bytearray(data)
        at = int(self._chance.expovariate(probability))
        while at < len(changed):
            changed[at] ^= self._chance.randrange(1, 256)
            at += 1 + int(self._chance.expovariate(probability))
        return bytes(changed)


@dataclass(slots=True)
class _Link:
    """What is particular to one connection."""

    left: int | None
    """bytes of both directions until it is cut; None for one that lives"""
    swallows: set[bool] = field(default_factory=set)
    """directions, up or not, in which something was lost, so that nothing may follow"""

    def allow(self, data: bytes) -> bytes:
        """As much of it as goes through."""
        if self.left is None:
            return data
        allowed = data[: self.left]
        self.left -= len(allowed)
        return allowed


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a RST, as a machine does that has forgotten the connection."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


def random_cuts(seed: int, least: int, most: int, count: int) -> Iterator[int]:
    """So many numbers of bytes, in no order."""
    chance = random.Random(seed)
    return iter([chance.randint(least, most) for _ in range(count)])
