"""A service in this process that can be stopped in the middle of everything, and whose worker can die."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from meeting_service.data_folder import LEDGER_FILE
from meeting_service.recognition import Hypothesis, Window
from meeting_service.worker.inline import InlineWorker
from meeting_service.worker.messages import Restarted
from tests.audio_service import AudioService
from tests.fakes import LoudnessDetector

TAG = "Tag"
"""header by which a request is told from others"""
_STEP_S = 0.001

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class MortalWorker(InlineWorker):
    """One that forgets everything when it is told to."""

    async def die(self) -> None:
        """What it had not told is lost, and another takes over."""
        self._loop = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self.start()
        self._replies.put_nowait(Restarted())


@dataclass
class InsideService(AudioService):
    """Knows which requests it is at. Owned by one world."""

    follows = True
    """whether it can be known from here which requests it is at"""

    _serving: dict[asyncio.Task[object], str] = field(default_factory=dict)
    _mortal: MortalWorker | None = None

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._runner is not None

    async def crash(self) -> None:
        """Break everything off where it is: nobody is told, and nothing is finished that need not be."""
        assert self._runner is not None
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        serving = set(self._serving)
        for task in serving:
            task.cancel()
        for site in list(self._runner.sites):
            await site.stop()
        if serving:
            await asyncio.wait(serving)
        await self._runner.app.cleanup()
        self._runner = None

    async def close(self) -> None:
        """Leave nothing running."""
        await self.stop()

    async def kill_worker(self) -> None:
        """The recogniser goes and comes back."""
        assert self._mortal is not None
        await self._mortal.die()

    async def wait_begun(self, tag: str) -> None:
        """Return when the request with this tag is being served."""
        async with asyncio.timeout(20):
            while tag not in self._serving.values():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(_STEP_S)

    async def wait_over(self, tag: str) -> None:
        """Return when it no longer is: all that will come of it has come."""
        async with asyncio.timeout(20):
            while tag in self._serving.values():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(_STEP_S)

    def _build(self) -> web.Application:
        app = super()._build()

        @web.middleware
        async def follow(request: web.Request, handler: Handler) -> web.StreamResponse:
            task = asyncio.current_task()
            assert task is not None
            self._serving[task] = request.headers.get(TAG, "")
            try:
                return await handler(request)
            finally:
                del self._serving[task]

        app.middlewares.append(follow)
        return app

    def _worker(self) -> InlineWorker:
        async def recognise(_model: str, windows: Sequence[Window]) -> list[Hypothesis]:
            await asyncio.sleep(0)
            return self.recogniser.recognise(windows)

        path = self.settings.data.directory / LEDGER_FILE
        self._mortal = MortalWorker(path, self.settings, recognise, LoudnessDetector)
        return self._mortal
