"""A bad network between a client and a service: connections break after so many bytes, or are refused."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

PIECE_BYTES = 4_096


@asynccontextmanager
async def cutting_proxy(port: int, cuts: Iterator[int]) -> AsyncIterator[int]:
    """Listen on a port that leads to `port`.

    Each connection is cut after the next of `cuts`, in bytes from the client; with none left, it lives.
    """
    open_connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_connections[task] = writer
        try:
            await _join(reader, writer, port, next(cuts, None))
        finally:
            del open_connections[task]

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in open_connections.values():
            writer.transport.abort()
        await asyncio.gather(*open_connections)


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, cut: int | None
) -> None:
    from_service, to_service = await asyncio.open_connection("127.0.0.1", port)
    pumps = [
        asyncio.create_task(_pump(reader, to_service, cut)),
        asyncio.create_task(_pump(from_service, writer, None)),
    ]
    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    for pump in pumps:
        pump.cancel()
    await asyncio.gather(*pumps, return_exceptions=True)
    writer.transport.abort()
    to_service.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, limit: int | None) -> None:
    with suppress(ConnectionError):
        while data := await source.read(PIECE_BYTES):
            allowed = data if limit is None else data[:limit]
            sink.write(allowed)
            await sink.drain()
            if limit is not None:
                limit -= len(allowed)
                if limit <= 0:
                    return
