"""A worker in the service's own event loop: for tests, where a recogniser is given and nothing crashes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

from meeting_service.segmenter import SileroDetector, VoiceDetector
from meeting_service.settings import Settings
from meeting_service.worker.isolation import Recognise
from meeting_service.worker.loop import RecognitionLoop
from meeting_service.worker.messages import Command, Reply


class InlineWorker:
    """The same loop as in the child process, without the process.

    Its answers wait without a limit: `emit` cannot wait in the event loop that takes them, and the audio of a
    test bounds them.
    """

    ready = True
    description = "inline"

    def __init__(
        self,
        ledger_path: Path,
        settings: Settings,
        recognise: Recognise,
        make_detector: Callable[[], VoiceDetector] = SileroDetector,
    ) -> None:
        self._arguments = (ledger_path, recognise, settings.recognition, settings.segmenter)
        self._make_detector = make_detector
        self._replies: asyncio.Queue[Reply | None] = asyncio.Queue()
        self._loop: RecognitionLoop | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to work."""
        self._loop = RecognitionLoop(*self._arguments, self._replies.put_nowait, self._make_detector)
        self._task = asyncio.create_task(self._loop.run(), name="inline worker")

    def send(self, command: Command) -> None:
        """Handle a command at once."""
        if self._loop is not None:
            self._loop.handle(command)

    async def replies(self) -> AsyncIterator[Reply]:
        """All that the loop says."""
        while (reply := await self._replies.get()) is not None:
            yield reply

    async def stop(self) -> None:
        """End the loop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._replies.put_nowait(None)
