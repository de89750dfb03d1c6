"""The child process: `python -m meeting_service.worker FD`, where FD is its end of the service's socket."""

import asyncio
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from meeting_service.errors import MeetingServiceError
from meeting_service.logs import configure_logging
from meeting_service.recogniser import EngineThread
from meeting_service.recognition import Hypothesis, Window
from meeting_service.segmenter import SileroDetector
from meeting_service.settings import LoggingSettings, RecognitionSettings, SegmenterSettings
from meeting_service.worker.home import MAX_LINE_BYTES
from meeting_service.worker.loop import RecognitionLoop
from meeting_service.worker.messages import Configure, Ready, StartFailed, decode, encode
from meeting_service.worker.outgoing import Outgoing
from meeting_service.worker.recognisers import Recognisers


async def work(connection: socket.socket) -> None:
    """Serve one service until its end of the socket closes."""
    reader, writer = await asyncio.open_unix_connection(sock=connection, limit=MAX_LINE_BYTES)
    configure: Configure = decode(await reader.readline())
    configure_logging(LoggingSettings(**configure.logging))
    try:
        engine, description = await asyncio.to_thread(_start_engine, configure)
    except MeetingServiceError as error:
        writer.write(encode(StartFailed(error.detail)))
        await writer.drain()
        return
    try:
        writer.write(encode(Ready(description)))
        await _serve(configure, engine, reader, Outgoing(writer))
    finally:
        await asyncio.to_thread(engine.close)
        writer.close()


def _start_engine(configure: Configure) -> tuple[EngineThread[Recognisers], str]:
    """The engine, loaded and warm, and what to say about it."""
    SileroDetector()  # a voice detector that cannot be had stops the start, not the first stream
    engine = EngineThread(lambda: Recognisers(configure.models, configure.weights))
    return engine, engine.call(lambda recognisers: recognisers.describe()).result()


async def _serve(
    configure: Configure,
    engine: EngineThread[Recognisers],
    reader: asyncio.StreamReader,
    outgoing: Outgoing,
) -> None:
    async def recognise(model: str, windows: Sequence[Window]) -> list[Hypothesis]:
        await outgoing.drain()
        return await asyncio.wrap_future(engine.call(lambda models: models.recognise(windows, model)))

    loop = RecognitionLoop(
        Path(configure.ledger_path),
        recognise,
        RecognitionSettings(**configure.recognition),
        SegmenterSettings(**configure.segmenter),
        outgoing.emit,
    )
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(loop.run(), name="recognition"),
            group.create_task(outgoing.run(), name="answers"),
        ]
        with suppress(ConnectionError):  # a service that was killed
            while line := await reader.readline():
                loop.handle(decode(line))
        for task in tasks:
            task.cancel()


def main() -> None:
    """Run until the service's end of the socket closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service decides when to stop
    asyncio.run(work(socket.socket(fileno=int(sys.argv[1]))))


if __name__ == "__main__":
    main()
