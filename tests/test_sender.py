"""Files played into a running service."""

import asyncio
import struct
from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import Pcm
from meeting_service.client import Patience
from meeting_service.clock import SystemClock
from meeting_service.errors import InvalidAudio
from meeting_service.sender import Manner, Progress, Source, Way, send_files
from tests.audio_service import AudioService, noise, to_bytes

RATE_HZ = 8_000
PCM = noise(5 * RATE_HZ)
HASTE = Patience(delays_s=(0.01, 0.05), jitter_s=0, later_s=0.05, give_up_s=20)


def write_wav(path: Path, pcm: Pcm) -> Path:
    """A mono WAV file."""
    data = to_bytes(pcm)
    header = struct.pack("<HHIIHH", 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    path.write_bytes(
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + header
        + b"data"
        + struct.pack("<I", len(data))
        + data
    )
    return path


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    """Two people's files."""
    return [
        Source(write_wav(tmp_path / "ann.wav", PCM), "ann", "Ann"),
        Source(write_wav(tmp_path / "bob.wav", PCM[::-1]), "bob", "Bob"),
    ]


@pytest.mark.parametrize("way", Way)
async def test_files_arrive_whole(audio_service: AudioService, sources: list[Source], way: Way) -> None:
    """Over either way, each as its participant's stream, with names."""
    meeting = await audio_service.sessions.get_meeting("m1")

    await send_files(audio_service.url, meeting, sources, SystemClock(), Manner(0, way, HASTE))

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])
    assert np.array_equal(PCM[::-1], (await audio_service.stored("bob"))[0])
    people = await audio_service.sessions.list_participants("m1")
    assert {"Ann", "Bob"} == {person.name for person in people}


@pytest.mark.parametrize("way", Way)
async def test_a_restart_of_the_service_is_waited_for(
    audio_service: AudioService, sources: list[Source], way: Way
) -> None:
    """Half-way the service stops and starts; nothing is lost."""
    meeting = await audio_service.sessions.get_meeting("m1")
    half_way = asyncio.Event()

    def watch(progress: Progress) -> None:
        if progress.held_ms >= 2_000:
            half_way.set()

    manner = Manner(speed=20, way=way, patience=HASTE)
    sending = asyncio.create_task(
        send_files(audio_service.url, meeting, sources, SystemClock(), manner, watch)
    )
    await half_way.wait()
    await audio_service.stop()
    await audio_service.start()
    await sending

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])
    assert np.array_equal(PCM[::-1], (await audio_service.stored("bob"))[0])


@pytest.mark.parametrize("way", Way)
async def test_progress_is_told(audio_service: AudioService, sources: list[Source], way: Way) -> None:
    """It grows to the whole of each file, and counts only what the service holds."""
    meeting = await audio_service.sessions.get_meeting("m1")
    told: list[Progress] = []
    held: list[int] = []

    def watch(progress: Progress) -> None:
        told.append(progress)
        held.append(audio_service.sessions.ledger.through(1) * 1000 // RATE_HZ)

    await send_files(audio_service.url, meeting, sources[:1], SystemClock(), Manner(0, way), watch)

    assert [progress.held_ms for progress in told] == sorted(progress.held_ms for progress in told)
    assert (5_000, 1.0) == (told[-1].held_ms, told[-1].fraction)
    assert all(progress.held_ms <= most for progress, most in zip(told, held, strict=True))


@pytest.mark.parametrize("way", Way)
async def test_what_is_refused_is_no_progress(
    audio_service: AudioService, sources: list[Source], way: Way
) -> None:
    """However fast it is sent into a meeting that has ended."""
    meeting = await audio_service.sessions.get_meeting("m1")
    await audio_service.sessions.end_meeting("m1")
    told: list[Progress] = []

    with pytest.raises(ExceptionGroup):
        await send_files(audio_service.url, meeting, sources, SystemClock(), Manner(0, way), told.append)

    assert not any(progress.held_ms or progress.fraction for progress in told)


async def test_a_file_that_is_no_audio_is_told(audio_service: AudioService, tmp_path: Path) -> None:
    """Before anything is sent of it."""
    (tmp_path / "notes.txt").write_text("agenda")
    meeting = await audio_service.sessions.get_meeting("m1")
    source = Source(tmp_path / "notes.txt", "ann", "Ann")

    with pytest.raises(ExceptionGroup) as caught:
        await send_files(audio_service.url, meeting, [source], SystemClock())

    assert caught.group_contains(InvalidAudio)
