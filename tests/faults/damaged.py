"""Files of the data folder that are damaged behind the service's back, and what it makes of that."""

import asyncio
import json
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from meeting_service.audio import Pcm
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from tests.faults.history import History
from tests.faults.room import PCM_TYPE, Room
from tests.faults.script import RATE_HZ, START, make_talk
from tests.faults.service import DidNotStart, FaultService

FILES = (LEDGER_FILE, f"{LEDGER_FILE}-wal", STORE_FILE, f"{STORE_FILE}-wal")
PAGE_BYTES = 4_096
PAGE_HEAD_BYTES = 8
"""in which a page of a database says what it holds"""
PEOPLE: Mapping[str, Pcm] = {"ann": make_talk(20.0, 1), "ben": make_talk(20.0, 2)}
SENT = 12 * RATE_HZ
"""of the live meeting, before the service dies"""
HEADERS = {"Content-Type": PCM_TYPE, "Captured-At": START.isoformat()}
LOOK_S = 0.02


class Damage(StrEnum):
    """What is done to a file."""

    FLIPPED = "flipped"
    """a few bytes are turned over: of text, which has no checksums, those that say what a page holds"""
    ZEROED = "zeroed"
    """a page is empty"""
    SHORT = "cut short"
    GONE = "gone"
    EMPTY = "emptied"


@dataclass(frozen=True, slots=True)
class Told:
    """What the service says after it was started on damaged files."""

    refusal: str = ""
    """the last line that it said when it did not start"""
    texts: Mapping[str, Sequence[tuple[Any, ...]]] = ()  # type: ignore[assignment]
    """by meeting: participant, start, end, text of each sentence; None for one that cannot be read"""
    state: str = ""
    detail: str = ""
    stuck: Sequence[str] = ()
    """who went on where the service said, and was refused"""
    code: int = 0
    """that SIGTERM ended it with"""

    @property
    def admits(self) -> bool:
        """Whether it says that something is not as it was."""
        return self.state != "ready" or "not accounted for" in self.detail


class DamagedFolder:
    """A meeting that has ended and one that was live when the service was killed, to be damaged many times.

    An asynchronous context manager, which makes both; owned by one event loop.
    """

    def __init__(self, folder: Path) -> None:
        self.service = FaultService(folder, forked=True)
        self._kept = folder / "kept"

    async def __aenter__(self) -> "DamagedFolder":
        await self.service.start()
        async with ClientSession() as http:
            old, live = (self.room(http, name) for name in ("old", "live"))
            await old.create()
            await send(old, len(PEOPLE["ann"]))
            await old.end()
            await self.service.terminate()
            await self.service.start()
            await live.create()
            await send(live, SENT)
            while len(await self._read(live) or ()) < 4:  # noqa: ASYNC110 - nothing else tells
                await asyncio.sleep(LOOK_S)
            await self.service.kill()
        shutil.copytree(self.service.data, self._kept)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.service.close()

    def room(self, http: ClientSession, name: str) -> Room:
        """One of the meetings."""
        return Room(self.service.url, http, History(), meeting_id=name)

    def put_back(self) -> Path:
        """The data folder as the killed service left it."""
        shutil.rmtree(self.service.data)
        (self.service.folder / "service.log").write_text("")
        return Path(shutil.copytree(self._kept, self.service.data))

    async def go_on(self) -> Told:
        """Start on what is there; if that works, all goes on: everybody sends the rest, the meeting ends."""
        try:
            await self.service.start()
        except DidNotStart:
            return Told(self.service.log.strip().splitlines()[-1])
        async with ClientSession() as http:
            old, live = (self.room(http, name) for name in ("old", "live"))
            stuck = [*await send(live, len(PEOPLE["ann"]))]
            await live.http.post(live.path("/end"))
            texts = {room.id: await self._read(room) for room in (old, live)}
            for room in (old, live):  # whoever asks for the account has it drawn up
                await http.get(room.path("/account"))
            async with http.get(f"{self.service.url}/readyz") as response:
                ready = await response.json()
        code = await self.service.terminate()
        return Told("", texts, ready["state"], ready["detail"], stuck, code)  # type: ignore[arg-type]

    async def _read(self, room: Room) -> list[tuple[Any, ...]] | None:
        keys = ("participant_id", "start_ms", "end_ms", "text")
        async with room.http.get(room.path("/transcript.json")) as response:
            told = json.loads(await response.read())
        return [tuple(s[key] for key in keys) for s in told["sentences"]] if response.ok else None


def harm(path: Path, damage: Damage, chance: random.Random) -> str:
    """Do it, at a place of chance; returns where."""
    size = path.stat().st_size
    at = chance.randrange(size)
    match damage:
        case Damage.GONE:
            path.unlink()
        case Damage.EMPTY:
            path.write_bytes(b"")
        case Damage.SHORT:
            path.write_bytes(path.read_bytes()[:at])
        case Damage.ZEROED:
            at -= at % PAGE_BYTES
            overwrite(path, at, bytes(min(PAGE_BYTES, size - at)))
        case Damage.FLIPPED:
            if path.name == STORE_FILE:
                at -= at % PAGE_BYTES
                at += chance.randrange(PAGE_HEAD_BYTES) if at else 100
            found = path.read_bytes()[at : at + chance.randint(1, 4)]
            overwrite(path, at, bytes(byte ^ 0x55 for byte in found))
    return f"{path.name} {damage} at {at} of {size}"


def overwrite(path: Path, at: int, content: bytes) -> None:
    """Have a file hold something else at a place."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


async def send(where: Room, through: int) -> list[str]:
    """Everybody goes on from where they are told to, up to a sample; what was refused."""
    refused = []
    for participant, pcm in PEOPLE.items():
        url = where.path(f"/participants/{participant}/audio")
        async with where.http.head(url) as response:
            at = int(response.headers["Upload-Offset"]) if response.ok else 0
        for start in range(at, through, RATE_HZ):
            data = pcm[start : min(start + RATE_HZ, through)].tobytes()
            headers = {**HEADERS, "Upload-Offset": str(start)}
            async with where.http.post(url, data=data, headers=headers) as response:
                if not response.ok:
                    refused.append(f"{participant} at {start}: {await response.text()}")
                    break
    return refused


def judge(told: Told, whole: Told, service: FaultService) -> Iterator[str]:
    """What is wrong with that: text or audio that is lost or changed without a word."""
    if "Traceback" in told.refusal or "Traceback" in service.log:
        yield "there is a traceback in the log"
    if told.refusal:
        if not ("restore" in told.refusal and any(name in told.refusal for name in FILES)):
            yield f"it does not start and does not say what to do: {told.refusal}"
        return
    if told.code:
        yield f"SIGTERM ended it with {told.code}"
    yield from told.stuck if not told.admits else ()
    yield from (f"went on as told, and: {refused}" for refused in told.stuck if "audio_hole" in refused)
    for name, reference in whole.texts.items():
        found = told.texts[name]
        if found != reference and not told.admits:
            yield f"meeting {name} has other text, and the service is said to be {told.state}, {told.detail}"
        if strange := set(found or ()) - set(reference) if name == "old" else ():
            yield f"meeting {name} has text that nobody said: {sorted(strange)}"
