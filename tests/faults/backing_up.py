"""A backup while bots speak, put back elsewhere, where the bots go on and the meeting is finished.

What was acknowledged or final before the backup began must be in it; and the transcript that comes of it must
be the one of the service that went on.
"""

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from aiohttp import ClientSession

from meeting_service.audio import AudioChunk, Pcm
from meeting_service.client import MeetingClient
from meeting_service.clock import SystemClock
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.ledger import Ledger, LedgerReader
from meeting_service.meeting import NewMeeting
from meeting_service.storage import Store
from meeting_service.transcript import Sentence
from tests.faults.checker import check_databases
from tests.faults.room import IMPATIENT, PCM_TYPE
from tests.faults.script import RATE_HZ, START, make_script
from tests.faults.service import FaultService

PIECE = RATE_HZ // 4
SPEED = 8.0
MEETING = "m"


@dataclass(slots=True)
class Speaker:
    """A bot that posts, and how long each acknowledgement took."""

    name: str
    pcm: Pcm
    """`(samples,)` at 16 kHz"""
    starts_s: float
    acknowledged: int = 0
    waits_s: list[tuple[float, float]] = field(default_factory=list)
    """when each piece was sent, by the monotonic clock, and how long its acknowledgement took"""

    async def speak(self, http: ClientSession, url: str, *, speed: float = SPEED) -> None:
        """Send what is not acknowledged; returns when all is."""
        path = f"{url}/v1/meetings/{MEETING}/participants/{self.name}/audio"
        async with http.head(path) as response:
            self.acknowledged = int(response.headers["Upload-Offset"])
        while self.acknowledged < len(self.pcm):
            await asyncio.sleep(PIECE / RATE_HZ / speed)
            at = self.acknowledged
            headers = {"Content-Type": PCM_TYPE, "Upload-Offset": str(at), "Captured-At": START.isoformat()}
            sent_s = time.monotonic()
            body = self.pcm[at : at + PIECE].tobytes()
            async with http.post(path, data=body, headers=headers) as response:
                self.acknowledged = int((await response.json())["through"])
            self.waits_s.append((sent_s, time.monotonic() - sent_s))


def make_speakers(seconds: float) -> list[Speaker]:
    """Three who talk over each other."""
    takes = [take for take in make_script(seconds) if take.number == 0 and take.gap is None]
    return [Speaker(take.participant, take.pcm, take.starts_s) for take in takes]


@dataclass(frozen=True, slots=True)
class Cut:
    """What was known before a backup began."""

    acknowledged: dict[str, int]
    final: Sequence[Sentence]


@dataclass(slots=True)
class Figures:
    """What was measured."""

    backup_s: float = 0.0
    size_mb: float = 0.0
    waits_before_s: list[float] = field(default_factory=list)
    waits_during_s: list[float] = field(default_factory=list)


class BackedUpMeeting:
    """One backup under load. Owned by one event loop.

    Args:
        folder: its own.
        seed: when the backup begins.
        filler_mb: audio of another meeting, to make the backup long.
        seconds: of audio each bot has.
    """

    def __init__(self, folder: Path, seed: int, *, filler_mb: float = 0, seconds: float = 32.0) -> None:
        self._folder = folder
        self._service = FaultService(folder / "running")
        self._restored = FaultService(folder / "restored")
        self._file = folder / "backup.tar"
        self._random = random.Random(seed)
        self._filler_mb = filler_mb
        self._speakers = make_speakers(seconds)
        self.figures = Figures()

    async def run(self) -> list[str]:
        """What is wrong, a line each."""
        try:
            return await self._try()
        finally:
            await self._service.close()
            await self._restored.close()

    async def _try(self) -> list[str]:
        if self._filler_mb:
            await fill(self._service.data, self._filler_mb)
        await self._service.start()
        async with ClientSession() as http, MeetingClient(self._service.url, patience=IMPATIENT) as client:
            await client.create_meeting(id=MEETING, started_at=START)
            speaking = [asyncio.create_task(s.speak(http, self._service.url)) for s in self._speakers]
            await asyncio.sleep(self._random.uniform(0.5, 2.5))
            failures, cut = await self._back_up(client)
            await asyncio.gather(*speaking)
            undisturbed = await self._finish(client)
        if failures:
            return failures
        await run_program("restore", self._file, "--data", self._restored.data)
        failures += check_databases(self._restored.data)
        failures += await self._check_held(cut)
        return failures + await self._go_on(cut, undisturbed)

    async def _back_up(self, client: MeetingClient) -> tuple[list[str], Cut]:
        final = (await client.transcript(MEETING)).sentences
        cut = Cut({s.name: s.acknowledged for s in self._speakers}, final)
        begun_s = time.monotonic()
        told = await run_program("backup", self._file, "--data", self._service.data)
        ended_s = time.monotonic()
        self.figures.backup_s = ended_s - begun_s
        if told:
            return [f"the backup failed: {told}"], cut
        self.figures.size_mb = self._file.stat().st_size / 1e6
        for sent_s, wait_s in (wait for speaker in self._speakers for wait in speaker.waits_s):
            during = begun_s <= sent_s <= ended_s
            (self.figures.waits_during_s if during else self.figures.waits_before_s).append(wait_s)
        return [], cut

    async def _check_held(self, cut: Cut) -> list[str]:
        """Every sample that was acknowledged before is in the copy, and is what was sent."""
        store = await Store.open_to_read(self._restored.data / STORE_FILE, SystemClock())
        ids = {s.participant_id: s.id for s in await store.list_streams(MEETING)}
        await store.close()
        failures: list[str] = []
        with closing(LedgerReader(self._restored.data / LEDGER_FILE)) as reader:
            for speaker in self._speakers:
                through = cut.acknowledged[speaker.name]
                if through and speaker.name not in ids:
                    failures.append(f"{speaker.name} was acknowledged to {through} and is not in the backup")
                elif through:
                    held = reader.read(ids[speaker.name], 0, through)
                    if not np.array_equal(held, speaker.pcm[:through]):
                        failures.append(f"{speaker.name}'s audio in the backup is not what was sent")
        return failures

    async def _go_on(self, cut: Cut, undisturbed: Sequence[Sentence]) -> list[str]:
        """The bots send the rest to the restored service, and the meeting is finished there."""
        await self._restored.start()
        async with ClientSession() as http, MeetingClient(self._restored.url, patience=IMPATIENT) as client:
            restored = set(map(describe, (await client.transcript(MEETING)).sentences))
            lost = [s.id for s in cut.final if describe(s) not in restored]
            failures = [f"sentence {sentence_id} was final and is not restored" for sentence_id in lost]
            await asyncio.gather(*(s.speak(http, self._restored.url, speed=100) for s in self._speakers))
            finished = await self._finish(client)
        code = await self._restored.terminate()
        same = [describe(s) for s in finished] == [describe(s) for s in undisturbed]
        failures += [] if same else ["the restored meeting's transcript is not that of the one that went on"]
        return failures + ([f"SIGTERM ended the restored service with {code}"] if code else [])

    async def _finish(self, client: MeetingClient) -> Sequence[Sentence]:
        await client.end(MEETING)
        return (await client.transcript(MEETING)).sentences


def describe(sentence: Sentence) -> tuple[str, int, int, str]:
    """Without what depends on the order in which streams began and sentences became final."""
    return sentence.participant_id, sentence.start_ms, sentence.end_ms, sentence.text


async def run_program(*words: object) -> str:
    """Run `meeting-service` to its end; what it complained of, empty if it did not."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "meeting_service", *map(str, words)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    return said.decode() if process.returncode else ""


async def fill(data: Path, megabytes: float) -> None:
    """A live meeting with so much audio, which nobody recognises yet."""
    store, ledger = await Store.open(data / STORE_FILE, SystemClock()), Ledger.open(data / LEDGER_FILE)
    await store.create_meeting(NewMeeting(id="filler"))
    await store.put_participant("filler", "zoe", None)
    stream, _ = await store.open_stream("filler", "zoe", 16_000, 0)
    noise, at = np.random.default_rng(1), 0
    while at * 2 < megabytes * 1e6:
        pcm = noise.integers(-9_000, 9_000, 32_768, dtype=np.int16)
        await ledger.append([AudioChunk(stream.id, at, pcm)])
        at += len(pcm)
    await store.end_stream(stream.id)
    await store.finish_stream(stream.id)
    await store.close()
    await ledger.close()
