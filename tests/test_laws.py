"""What always holds, on a real service: its own processes, the bundled model, real audio, real kills."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiohttp import ClientSession

from meeting_service.audio import Pcm
from tests.spoken import list_recordings

START = "2026-05-01T09:00:00Z"
PIECE = 4_000
"""samples a bot sends at once: a quarter of a second"""


class ServiceProcess:
    """`meeting-service serve` on a data folder, talked to as a bot does."""

    def __init__(self, url: str, pid: int, http: ClientSession) -> None:
        self.url = url
        self.pid = pid
        self.http = http

    async def create_meeting(self) -> None:
        """Meeting `m`, whose clock starts where every stream does."""
        body = {"id": "m", "started_at": START}
        async with self.http.post(f"{self.url}/v1/meetings", json=body) as answer:
            assert answer.status in (200, 201)

    async def send(self, participant: str, pcm: Pcm, start: int = 0, piece: int = PIECE) -> None:
        """Send samples from a position on."""
        for at in range(start, len(pcm), piece):
            headers = {
                "Content-Type": "audio/pcm;rate=16000;encoding=s16le",
                "Upload-Offset": str(at),
                "Captured-At": START,
            }
            data = pcm[at : at + piece].tobytes()
            async with self.http.post(self._audio(participant), data=data, headers=headers) as answer:
                assert answer.status == 200, await answer.text()

    async def received(self, participant: str) -> int:
        """Where to go on sending."""
        async with self.http.head(self._audio(participant)) as answer:
            return int(answer.headers["Upload-Offset"])

    async def end(self) -> list[tuple[Any, ...]]:
        """End the meeting; its sentences without what differs between two runs."""
        async with self.http.post(f"{self.url}/v1/meetings/m/end") as answer:
            assert answer.status == 200
        async with self.http.get(f"{self.url}/v1/meetings/m/transcript") as answer:
            sentences = (await answer.json())["sentences"]
        keys = ("participant_id", "start_ms", "end_ms", "text", "confidence")
        return [(*(s[key] for key in keys), json.dumps(s["words"])) for s in sentences]

    def worker_pid(self) -> int:
        """The recogniser's process."""
        for child in psutil.Process(self.pid).children():
            if "meeting_service.worker" in child.cmdline():
                return int(child.pid)
        raise AssertionError("no worker")

    def _audio(self, participant: str) -> str:
        return f"{self.url}/v1/meetings/m/participants/{participant}/audio"


@asynccontextmanager
async def serving(data: Path, *models: str) -> AsyncIterator[ServiceProcess]:
    """A service process until the end of the context, where it is asked to stop."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "meeting_service", "serve"),
        *("--port", "0", "--data", str(data)),
        *(f"--model={model}" for model in models or ("demo",)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        url = await _printed_url(process)
        async with ClientSession() as http:
            yield ServiceProcess(url, process.pid, http)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def _printed_url(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        found = [word for word in line.decode().split() if word.startswith("http://")]
        if found:
            return found[0].rstrip("/")
    raise AssertionError("the service ended without a word")


@pytest.fixture(scope="module")
def voices() -> dict[str, Pcm]:
    """Three participants, the longest recordings there are, one of them cut off mid-word."""
    longest = sorted((r.pcm for r in list_recordings()), key=len, reverse=True)[:3]
    return {"ann": longest[0], "ben": longest[1], "eve": longest[2][: len(longest[2]) * 3 // 4]}


@pytest.fixture(scope="module")
def undisturbed(voices: dict[str, Pcm], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """The transcript of a run in which nothing happens; whole recordings, one after the other."""

    async def run() -> list[tuple[Any, ...]]:
        async with serving(tmp_path_factory.mktemp("undisturbed")) as service:
            await service.create_meeting()
            for name, pcm in voices.items():
                await service.send(name, pcm, piece=len(pcm))
            return await service.end()

    return asyncio.run(run())


async def _send_all(service: ServiceProcess, voices: dict[str, Pcm], share: float = 1.0) -> None:
    held = {name: await service.received(name) for name in voices}
    parts = {name: pcm[: int(share * len(pcm))] for name, pcm in voices.items()}
    await asyncio.gather(*(service.send(name, part, held[name]) for name, part in parts.items()))


async def test_pieces_and_neighbours_do_not_matter(
    tmp_path: Path, voices: dict[str, Pcm], undisturbed: list[tuple[Any, ...]]
) -> None:
    """Small pieces of all participants at once give the transcript of whole files one after another."""
    async with serving(tmp_path) as service:
        await service.create_meeting()
        await _send_all(service, voices)
        live = await service.end()

    assert len(undisturbed) >= 6
    assert undisturbed == live


async def test_killed_service_goes_on(
    tmp_path: Path, voices: dict[str, Pcm], undisturbed: list[tuple[Any, ...]]
) -> None:
    """After SIGKILL in mid-speech and a restart, nothing acknowledged is missing and the text is the same."""
    async with serving(tmp_path) as service:
        await service.create_meeting()
        await _send_all(service, voices, share=0.6)
        os.kill(service.pid, signal.SIGKILL)
    async with serving(tmp_path) as service:
        for name, pcm in voices.items():
            assert int(0.6 * len(pcm)) == await service.received(name)
        await _send_all(service, voices)
        after_kill = await service.end()

    assert undisturbed == after_kill


async def test_killed_recogniser_is_replaced(
    tmp_path: Path, voices: dict[str, Pcm], undisturbed: list[tuple[Any, ...]]
) -> None:
    """A worker that is killed costs neither audio nor text, and the service goes on by itself."""
    async with serving(tmp_path) as service:
        await service.create_meeting()
        await _send_all(service, voices, share=0.6)
        first = service.worker_pid()
        os.kill(first, signal.SIGKILL)
        await _send_all(service, voices)
        after_kill = await service.end()

        assert first != service.worker_pid()
    assert undisturbed == after_kill


async def test_stopped_service_goes_on(
    tmp_path: Path, voices: dict[str, Pcm], undisturbed: list[tuple[Any, ...]]
) -> None:
    """SIGTERM ends the service with exit code 0 at once; the meeting is continued by the next one."""
    async with serving(tmp_path) as service:
        await service.create_meeting()
        await _send_all(service, voices, share=0.3)
    async with serving(tmp_path) as service:
        await _send_all(service, voices)
        after_stop = await service.end()

    assert undisturbed == after_stop
