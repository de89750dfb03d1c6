"""The child process seen from inside: takes commands from its end of the service's socket, sends answers."""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from meeting_service.ending import SIGNALS, end_with_parent, end_within
from meeting_service.errors import MeetingServiceError
from meeting_service.failpoints import reach
from meeting_service.logs import configure_logging
from meeting_service.recogniser import EngineThread
from meeting_service.recognition import Hypothesis, Window
from meeting_service.segmenter import VoiceDetector
from meeting_service.settings import LoggingSettings, RecognitionSettings, SegmenterSettings
from meeting_service.worker.blackboard import Blackboard
from meeting_service.worker.loop import RecognitionLoop
from meeting_service.worker.messages import Configure, Ready, StartFailed, decode, encode
from meeting_service.worker.outgoing import Outgoing
from meeting_service.worker.process import MAX_LINE_BYTES


class Models(Protocol):
    """What recognises in the child; made, used and dropped by one thread."""

    def recognise(self, windows: Sequence[Window], model: str | None = None) -> list[Hypothesis]:
        """Answer every window, in the order asked, by one model: the first one unless named."""
        ...

    def describe(self) -> str:
        """What recognises here, for people."""
        ...


BEAT_S = 0.5
"""how often it is said that this process lives"""
END_PATIENCE_S = 5.0
"""how long the end of what is being recognised may take; nothing is lost with it"""

Load = Callable[[Configure], Models]
"""makes the models that were asked for; may take long, may raise what says why it cannot"""
MakeDetector = Callable[[], VoiceDetector]


def run_child(load: Load, make_detector: MakeDetector) -> None:
    """Be a child, `python -m MODULE FD FD FD`, until the service's end of the first, a socket, closes.

    The others are memory shared with the service, and a file: see `blackboard`.
    """
    for number in SIGNALS:  # the service decides when to stop; a supervisor may tell its whole group
        signal.signal(number, signal.SIG_IGN)
    end_with_parent()
    connection, shared, in_work = map(int, sys.argv[1:4])
    board = Blackboard.open(shared, in_work)
    asyncio.run(work(socket.socket(fileno=connection), board, load, make_detector))


async def work(connection: socket.socket, board: Blackboard, load: Load, make_detector: MakeDetector) -> None:
    """Serve one service until its end of the socket closes."""
    alive = asyncio.create_task(_beat(board), name="heartbeat")
    try:
        await _work(connection, board, load, make_detector)
    finally:
        alive.cancel()


async def _beat(board: Blackboard) -> None:
    while True:
        board.beat()
        await asyncio.sleep(BEAT_S)


async def _work(
    connection: socket.socket, board: Blackboard, load: Load, make_detector: MakeDetector
) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=connection, limit=MAX_LINE_BYTES)
    configure: Configure = decode(await reader.readline())
    configure_logging(LoggingSettings(**configure.logging))
    try:
        make_detector()  # a voice detector that cannot be had stops the start, not the first stream
        engine = await asyncio.to_thread(EngineThread, lambda: load(configure))
    except MeetingServiceError as error:
        writer.write(encode(StartFailed(error.detail)))
        await writer.drain()
        return
    try:
        description = await asyncio.wrap_future(engine.call(lambda models: models.describe()))
        writer.write(encode(Ready(description)))
        await _serve(configure, engine, make_detector, board, reader, Outgoing(writer))
    finally:
        end_within(END_PATIENCE_S)
        await asyncio.to_thread(engine.close)
        writer.close()


async def _serve(
    configure: Configure,
    engine: EngineThread[Models],
    make_detector: MakeDetector,
    board: Blackboard,
    reader: asyncio.StreamReader,
    outgoing: Outgoing,
) -> None:
    async def recognise(model: str, windows: Sequence[Window]) -> list[Hypothesis]:
        reach("before_recognition")
        answers = await asyncio.wrap_future(engine.call(lambda models: models.recognise(windows, model)))
        reach("after_recognition")
        return answers

    loop = RecognitionLoop(
        Path(configure.ledger_path),
        recognise,
        RecognitionSettings(**configure.recognition),
        SegmenterSettings(**configure.segmenter),
        outgoing.emit,
        make_detector,
        board,
        outgoing.drain,
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
