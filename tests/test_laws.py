"""What always holds, on a real service: its own processes, the bundled model, real audio, real kills."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from meeting_service.audio import Pcm
from meeting_service.client import MeetingClient
from meeting_service.transcript import Sentence
from tests.faults.service import FaultService, Recogniser
from tests.spoken import list_recordings

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
PCM_TYPE = "audio/pcm;rate=16000;encoding=s16le"
PIECE = 4_000
"""samples a bot sends at once: a quarter of a second"""


def make_service(folder: Path) -> FaultService:
    """What every user runs."""
    return FaultService(folder, recogniser=Recogniser.BUNDLED)


async def send(client: MeetingClient, participant: str, pcm: Pcm, start: int = 0, piece: int = PIECE) -> None:
    """Send samples from a position on; every stream starts with the meeting."""
    for at in range(start, len(pcm), piece):
        data = pcm[at : at + piece].tobytes()
        await client.post_audio("m", participant, data, PCM_TYPE, offset=at, captured_at=START)


async def send_all(client: MeetingClient, voices: Mapping[str, Pcm], share: float = 1.0) -> None:
    """Everybody at once goes on from what is held, up to a share of what they have to say."""
    held = {name: await client.received("m", name) for name in voices}
    parts = {name: pcm[: int(share * len(pcm))] for name, pcm in voices.items()}
    await asyncio.gather(*(send(client, name, part, held[name]) for name, part in parts.items()))


async def end(client: MeetingClient) -> list[Sentence]:
    """End the meeting; its sentences without what differs between two runs."""
    await client.end("m")
    transcript = await client.transcript("m")
    return [replace(sentence, id="", seq=0) for sentence in transcript.sentences]


@pytest.fixture(scope="module")
def voices() -> dict[str, Pcm]:
    """Three participants, the longest recordings there are, one of them cut off mid-word."""
    longest = sorted((r.pcm for r in list_recordings()), key=len, reverse=True)[:3]
    return {"ann": longest[0], "ben": longest[1], "eve": longest[2][: len(longest[2]) * 3 // 4]}


@pytest.fixture(scope="module")
def undisturbed(voices: dict[str, Pcm], tmp_path_factory: pytest.TempPathFactory) -> list[Sentence]:
    """The transcript of a run in which nothing happens; whole recordings, one after the other."""

    async def run() -> list[Sentence]:
        folder = tmp_path_factory.mktemp("undisturbed")
        async with make_service(folder) as service, MeetingClient(service.url) as client:
            await client.create_meeting(id="m", started_at=START)
            for name, pcm in voices.items():
                await send(client, name, pcm, piece=len(pcm))
            return await end(client)

    return asyncio.run(run())


async def test_pieces_and_neighbours_do_not_matter(
    tmp_path: Path, voices: dict[str, Pcm], undisturbed: list[Sentence]
) -> None:
    """Small pieces of all participants at once give the transcript of whole files one after another."""
    async with make_service(tmp_path) as service, MeetingClient(service.url) as client:
        await client.create_meeting(id="m", started_at=START)
        await send_all(client, voices)
        live = await end(client)

    assert len(undisturbed) >= 6
    assert undisturbed == live


async def test_killed_service_goes_on(
    tmp_path: Path, voices: dict[str, Pcm], undisturbed: list[Sentence]
) -> None:
    """After SIGKILL in mid-speech and a restart, nothing acknowledged is missing and the text is the same."""
    async with make_service(tmp_path) as service:
        async with MeetingClient(service.url) as client:
            await client.create_meeting(id="m", started_at=START)
            await send_all(client, voices, share=0.6)
        await service.kill()
        await service.start()
        async with MeetingClient(service.url) as client:
            for name, pcm in voices.items():
                assert int(0.6 * len(pcm)) == await client.received("m", name)
            await send_all(client, voices)
            after_kill = await end(client)

    assert undisturbed == after_kill


async def test_killed_recogniser_is_replaced(
    tmp_path: Path, voices: dict[str, Pcm], undisturbed: list[Sentence]
) -> None:
    """A worker that is killed costs neither audio nor text, and the service goes on by itself."""
    async with make_service(tmp_path) as service, MeetingClient(service.url) as client:
        await client.create_meeting(id="m", started_at=START)
        await send_all(client, voices, share=0.6)
        first = service.worker_pid()
        service.kill_worker()
        await send_all(client, voices)
        after_kill = await end(client)

        assert first != service.worker_pid()
    assert undisturbed == after_kill


async def test_stopped_service_goes_on(
    tmp_path: Path, voices: dict[str, Pcm], undisturbed: list[Sentence]
) -> None:
    """SIGTERM ends the service with exit code 0; the meeting is continued by the next one."""
    async with make_service(tmp_path) as service:
        async with MeetingClient(service.url) as client:
            await client.create_meeting(id="m", started_at=START)
            await send_all(client, voices, share=0.3)
        assert 0 == await service.terminate()
        await service.start()
        async with MeetingClient(service.url) as client:
            await send_all(client, voices)
            after_stop = await end(client)

    assert undisturbed == after_stop
