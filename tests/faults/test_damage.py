"""Databases that were damaged while nothing ran: what is read of them, and what a start says."""

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import ClientSession

from meeting_service.audio import Pcm
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from tests.faults.history import History
from tests.faults.room import PCM_TYPE, Room
from tests.faults.script import RATE_HZ, START, make_script
from tests.faults.service import DidNotStart, FaultService

HEADERS = {"Content-Type": PCM_TYPE, "Captured-At": START.isoformat()}
ANN, BEN = (take.pcm[: 12 * RATE_HZ] for take in (make_script(20)[0], make_script(20)[1]))


async def hold(service: FaultService, *, damaged: bool) -> dict[str, object]:
    """Store two people's audio, stop, perhaps damage what the first one said, and have it recognised."""
    service.steering.stall()
    async with service, ClientSession() as http:
        where = Room(service.url, http, History())
        await where.create()
        for participant, pcm in (("ann", ANN), ("ben", BEN)):
            url = where.path(f"/participants/{participant}/audio")
            await where.ask("POST", url, data=pcm.tobytes(), headers=HEADERS)
        await service.terminate()
        if damaged:
            await asyncio.to_thread(flip, service.data / LEDGER_FILE, ANN[5 * RATE_HZ :])
        service.steering.go_on()
        await service.start()
        await where.end()
        transcript: dict[str, object] = json.loads(await where.download("json"))
        await service.terminate()
    return transcript


def flip(path: Path, pcm: Pcm) -> None:
    """Turn over every bit of a few bytes, where the file holds this sound."""
    content = bytearray(path.read_bytes())
    at = content.index(pcm[:64].tobytes())
    content[at : at + 16] = bytes(byte ^ 0xFF for byte in content[at : at + 16])
    path.write_bytes(content)


async def test_damaged_audio_is_a_stretch_without_text(tmp_path: Path) -> None:
    """The meeting ends, what was damaged is shown as not transcribed, everybody else's text is the same."""
    whole = await hold(FaultService(tmp_path / "whole"), damaged=False)
    damaged = await hold(FaultService(tmp_path / "damaged"), damaged=True)
    stretches = damaged["not_transcribed"]
    of_ben = [[s for s in found["sentences"] if s["participant_id"] == "ben"] for found in (whole, damaged)]  # type: ignore[attr-defined]

    assert [] == whole["not_transcribed"]
    assert ["ann"] == sorted({stretch["participant_id"] for stretch in stretches})  # type: ignore[attr-defined]
    assert all(4_000 <= stretch["start_ms"] < stretch["end_ms"] <= 9_000 for stretch in stretches)  # type: ignore[attr-defined]
    assert [s["text"] for s in of_ben[0]] == [s["text"] for s in of_ben[1]]
    assert of_ben[0]


@pytest.mark.parametrize("name", [LEDGER_FILE, STORE_FILE])
async def test_a_database_that_is_none_stops_the_start(tmp_path: Path, name: str) -> None:
    """With one line that names the file, and without a traceback."""
    service = FaultService(tmp_path)
    service.data.mkdir()
    (service.data / name).write_bytes(bytes(8_192))
    with pytest.raises(DidNotStart):
        await service.start()

    last = service.log.strip().splitlines()[-1]
    assert name in last
    assert "Traceback" not in service.log
