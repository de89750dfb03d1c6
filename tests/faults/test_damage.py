"""Databases that are damaged, while nothing runs or meanwhile: what is read of them, and what is told."""

import asyncio
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
from aiohttp import ClientSession

from meeting_service.audio import Pcm
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from tests.faults.damaged import SENT, Damage, DamagedFolder, harm, judge, overwrite, send
from tests.faults.history import History
from tests.faults.pages import empty_first_leaf
from tests.faults.room import PCM_TYPE, Room
from tests.faults.script import RATE_HZ, START, make_script, make_talk
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


async def test_damage_is_refused_with_a_way_on_or_told(tmp_path: Path) -> None:
    """Of the log that holds the latest audio; `tests/faults/run --only damage` damages every file."""
    async with DamagedFolder(tmp_path) as folder:
        folder.put_back()
        whole = await folder.go_on()
        what = harm(folder.put_back() / f"{LEDGER_FILE}-wal", Damage.GONE, random.Random(1))
        told = await folder.go_on()

        assert [] == list(judge(told, whole, folder.service)), what
        assert told.admits
        log = folder.put_back() / f"{LEDGER_FILE}-wal"
        overwrite(log, log.stat().st_size // 2, b"damaged")
        refusal = (await folder.go_on()).refusal
        os.truncate(log, int(refusal.split()[-2]))  # as it says

        assert f"{log} is damaged at byte" in refusal
        assert (await folder.go_on()).admits


async def test_damage_while_running_is_told_and_all_else_goes_on(tmp_path: Path) -> None:
    """The meeting whose page is gone cannot be read; others can, and audio is taken and transcribed."""
    async with FaultService(tmp_path) as service, ClientSession() as http:
        old, new = (Room(service.url, http, History(), meeting_id=name) for name in ("old", "new"))
        await old.create()
        url = old.path("/participants/ann/audio")
        for part in np.array_split(make_talk(120.0, 7), 6):
            await old.ask("POST", url, data=part.tobytes(), headers=HEADERS)
        await old.end()
        await service.terminate()
        await service.start()  # which leaves nothing in the log
        empty_first_leaf(service.data / STORE_FILE, "sentences")
        await new.create()
        async with http.get(old.path("/transcript.txt")) as response:
            problem = await response.json()
        refused = await send(new, SENT)
        async with http.get(f"{service.url}/readyz") as response:
            ready = await response.json()
        async with http.get(f"{service.url}/meetings/new") as response:
            page = await response.text()
        await new.end()
        text = await new.download("txt")
        code = await service.terminate()

    assert "damaged" in problem["detail"]
    assert ("storage_damaged", True) == (ready["state"], ready["ready"])
    assert "Something that was kept is damaged" in page
    assert [] == refused
    assert b"Ann" in text or b"ann" in text
    assert 0 == code
