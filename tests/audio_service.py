"""A whole service on a real port, with a recogniser that hashes; it can be stopped and started again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from aiohttp import ClientSession, web
from numpy.typing import NDArray

from meeting_service.app import build_app
from meeting_service.audio import Pcm
from meeting_service.data_folder import LEDGER_FILE
from meeting_service.ledger import LedgerReader
from meeting_service.meeting import NewMeeting
from meeting_service.recognition import Hypothesis, Window
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings, load_settings
from meeting_service.web.keys import SESSIONS
from meeting_service.worker.inline import InlineWorker
from tests.fakes import FakeRecogniser, LoudnessDetector

RATE_HZ = 16_000
PCM_TYPE = f"audio/pcm;rate={RATE_HZ};encoding=s16le"


@dataclass
class AudioService:
    """Owned by one test; `port` stays the same over restarts."""

    settings: Settings
    port: int = 0
    recogniser: FakeRecogniser = field(default_factory=FakeRecogniser)
    _runner: web.AppRunner | None = None

    @classmethod
    def on(cls, folder: Path, **limits: Any) -> Self:
        """A service that keeps its data in `folder`."""
        overrides: dict[str, dict[str, Any]] = {
            "data": {"directory": folder / "data"},
            "model": {"name": "demo"},
            "server": {"shutdown_s": 2},
            "limits": limits,
        }
        return cls(load_settings(overrides=overrides))

    async def start(self) -> None:
        """Listen; the first time on a free port."""
        self._runner = web.AppRunner(
            self._build(), auto_decompress=False, shutdown_timeout=2, access_log=None, lingering_time=0.5
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop as a SIGTERM does."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> "AudioService":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def app(self) -> web.Application:
        """The service as an application."""
        assert self._runner is not None
        return self._runner.app

    @property
    def sessions(self) -> SessionManager:
        """What is behind the web."""
        return self.app[SESSIONS]

    async def create_meeting(self, meeting_id: str = "m1") -> str:
        """A live meeting."""
        await self.sessions.create_meeting(NewMeeting(id=meeting_id))
        return meeting_id

    async def stored(self, participant_id: str, meeting_id: str = "m1") -> list[Pcm]:
        """What the ledger holds of each of the participant's streams, oldest first."""
        streams = await self.sessions.store.list_streams(meeting_id)
        mine = [s.id for s in streams if s.participant_id == participant_id]
        ends = {stream_id: self.sessions.ledger.through(stream_id) for stream_id in mine}
        return await asyncio.to_thread(self._read, ends)

    def _read(self, ends: dict[int, int]) -> list[Pcm]:
        reader = LedgerReader(self.settings.data.directory / LEDGER_FILE)
        try:
            return [reader.read(stream_id, 0, end) for stream_id, end in ends.items()]
        finally:
            reader.close()

    def _build(self) -> web.Application:
        return build_app(self.settings, worker=self._worker())

    def _worker(self) -> InlineWorker:
        async def recognise(_model: str, windows: Sequence[Window]) -> list[Hypothesis]:
            await asyncio.sleep(0)
            return self.recogniser.recognise(windows)

        path = self.settings.data.directory / LEDGER_FILE
        return InlineWorker(path, self.settings, recognise, LoudnessDetector)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


class Bot:
    """Posts audio as a bot does."""

    def __init__(self, session: ClientSession, url: str, meeting_id: str = "m1") -> None:
        self.session = session
        self._url = f"{url}/v1/meetings/{meeting_id}"

    async def post(
        self, body: Any, participant: str = "ann", content_type: str | None = PCM_TYPE, **headers: str
    ) -> Answer:
        """Post one piece; header names are given with underscores."""
        return await self._post(f"participants/{participant}/audio", body, content_type, headers)

    async def post_channels(
        self, body: Any, participants: str, content_type: str = PCM_TYPE, **headers: str
    ) -> Answer:
        """Post one piece with a channel for each participant."""
        return await self._post(f"audio?participants={participants}", body, content_type, headers)

    async def through(self, participant: str = "ann") -> int:
        """What HEAD says."""
        async with self.session.head(f"{self._url}/participants/{participant}/audio") as response:
            assert response.status == 200
            assert response.headers["Cache-Control"] == "no-store"
            return int(response.headers["Upload-Offset"])

    async def wait_for(self, samples: int, participant: str = "ann") -> None:
        """Return when so much is held."""
        async with asyncio.timeout(30):
            while await self.through(participant) < samples:  # noqa: ASYNC110 what a bot can see is HEAD
                await asyncio.sleep(0.01)

    async def _post(self, path: str, body: Any, content_type: str | None, headers: dict[str, str]) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        skip = ("Content-Type",) if content_type is None else ()
        if content_type is not None:
            named["Content-Type"] = content_type
        async with self.session.post(
            f"{self._url}/{path}", data=body, headers=named, skip_auto_headers=skip
        ) as response:
            return Answer(response.status, dict(response.headers), await response.json(content_type=None))


def noise(samples: int, seed: int = 1) -> Pcm:
    """Audio in which every sample is told from every other."""
    return np.random.default_rng(seed).integers(-9_000, 9_000, samples, dtype=np.int16)


def to_bytes(pcm: NDArray[np.int16]) -> bytes:
    """As s16le."""
    return pcm.astype("<i2").tobytes()
