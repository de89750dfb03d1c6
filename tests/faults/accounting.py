"""Meetings of chance (sound, silence, gaps, leaving, coming back, kills), whose every sample must add up."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np
from aiohttp import ClientSession

from meeting_service.accounting import to_recognition_rate
from meeting_service.audio import RECOGNITION_RATE_HZ, Pcm
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.meeting import Stream
from meeting_service.resample import Resampler
from meeting_service.settings import load_settings
from meeting_service.transcriber import Transcriber
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.faults.service import FaultService

RATES_HZ = (8_000, 16_000, 22_050, 44_100, 48_000)
STEPS = 24
SHARE_OF_KILLS = 0.08
SHARE_OF_LEAVING = 0.08
SHARE_OF_GAPS = 0.2
LONGEST_S = 4.0
TAMPERINGS = {
    (LEDGER_FILE, "DELETE FROM piece WHERE start = 0"): "pieces",
    (STORE_FILE, "UPDATE checkpoints SET resume = resume - 1"): "heard",
    (STORE_FILE, "UPDATE checkpoints SET transcribed_samples = transcribed_samples + 1"): "speech",
    (STORE_FILE, "UPDATE streams SET received_samples = received_samples + rate_hz"): "received",
    (STORE_FILE, "UPDATE gaps SET end_ms = end_ms + 1"): "gaps",
}
"""what is altered in which file, and which fault that is"""


@dataclass
class Sent:
    """What one stream was acknowledged."""

    rate_hz: int
    parts: list[Pcm] = field(default_factory=list)
    gaps: int = 0
    """at 16 kHz"""

    @property
    def through(self) -> int:
        """Samples, at its own rate."""
        return sum(map(len, self.parts))

    def count(self) -> dict[str, int]:
        """What its account must say, speech counted anew by a transcriber of its own."""
        pcm = np.concatenate(self.parts)
        speech = _count_speech(pcm, self.rate_hz)
        received = to_recognition_rate(len(pcm), self.rate_hz)
        figures = {"received": received, "speech": speech, "transcribed": speech, "silent": received - speech}
        return {**figures, "gaps": self.gaps, "not_transcribed": 0, "waiting": 0, "unaccounted": 0}


class Meeting:
    """One meeting of chance against a real service that is killed now and then."""

    def __init__(self, service: FaultService, session: ClientSession, meeting_id: str, seed: int) -> None:
        self._service = service
        self._session = session
        self._id = meeting_id
        self._chance = Random(seed)
        self._noise = np.random.default_rng(seed)
        self.sent: dict[str, list[Sent]] = defaultdict(list)
        self._open: dict[str, Sent] = {}
        self.kills = 0

    async def hold(self) -> list[str]:
        """Hold it and end it; what does not add up."""
        await self._ask("POST", "/v1/meetings", json={"id": self._id})
        for _ in range(STEPS):
            await self._step(self._chance.choice(("ann", "ben")))
        await self._ask("POST", f"{self._address}/end")
        account = await self._ask("GET", f"{self._address}/account")
        people = (await self._ask("GET", self._address))["participants"]
        return [*self._compare(account), *_check_shown(people)]

    @property
    def _address(self) -> str:
        return f"/v1/meetings/{self._id}"

    async def _step(self, who: str) -> None:
        draw = self._chance.random()
        if draw < SHARE_OF_KILLS:
            await self._service.kill()
            await self._service.start()
            self.kills += 1
        elif draw < SHARE_OF_KILLS + SHARE_OF_LEAVING and who in self._open:
            await self._ask("POST", f"{self._address}/participants/{who}/end")
            del self._open[who]
        else:
            await self._send(who, gap=draw > 1 - SHARE_OF_GAPS)

    async def _send(self, who: str, *, gap: bool) -> None:
        """A piece of sound or silence, after a gap perhaps."""
        if who not in self._open:
            self._open[who] = Sent(self._chance.choice(RATES_HZ))
            self.sent[who].append(self._open[who])
        stream = self._open[who]
        missing = self._draw_length(stream.rate_hz) if gap else 0
        pcm = self._draw_sound(self._draw_length(stream.rate_hz), silent=bool(stream.parts))
        start = stream.through + missing
        await self._ask(
            "POST",
            f"{self._address}/participants/{who}/audio",
            data=pcm.astype("<i2").tobytes(),
            headers={
                "Content-Type": f"audio/pcm;rate={stream.rate_hz};encoding=s16le",
                "Upload-Offset": str(start),
                "Gap": "true" if gap else "false",
            },
        )
        gap_ends = [to_recognition_rate(at, stream.rate_hz) for at in (stream.through, start)]
        stream.gaps += gap_ends[1] - gap_ends[0]
        stream.parts += [np.zeros(missing, np.int16), pcm]

    def _draw_length(self, rate_hz: int) -> int:
        return 1 + int(self._chance.random() ** 2 * LONGEST_S * rate_hz)

    def _draw_sound(self, samples: int, *, silent: bool) -> Pcm:
        """Sound, or silence if it may be: a stream that begins with some could be the one before again."""
        if silent and self._chance.random() < 0.4:
            return np.zeros(samples, np.int16)
        return self._noise.integers(-9_000, 9_000, samples, dtype=np.int16)

    async def _ask(self, method: str, path: str, **what: Any) -> Any:
        async with self._session.request(method, self._service.url + path, **what) as response:
            if response.status >= 400:
                raise AssertionError(f"{method} {path}: {response.status} {await response.text()}")
            return await response.json()

    def _compare(self, account: Any) -> list[str]:
        found: dict[str, list[Any]] = defaultdict(list)
        for stream in account["streams"]:
            found[stream["participant_id"]].append(stream)
        wrong = []
        for who, streams in self.sent.items():
            expected = [sent.count() for sent in streams]
            for told, figures in zip(found[who], expected, strict=True):
                if any(told[name] != figure for name, figure in figures.items()):
                    wrong.append(f"{self._id} {who}: {told} instead of {figures}")
        return wrong


async def find_untold(service: FaultService, session: ClientSession, meeting_id: str) -> list[str]:
    """Alter one thing after another behind the service's back; what its account then did not tell of."""
    untold = []
    for file, statement in TAMPERINGS:
        with closing(sqlite3.connect(service.data / file)) as database, database:
            before = database.total_changes
            database.execute(statement)
            assert database.total_changes > before
        async with session.get(f"{service.url}/v1/meetings/{meeting_id}/account") as response:
            account = await response.json()
        faults = {finding["fault"] for stream in account["streams"] for finding in stream["findings"]}
        if TAMPERINGS[file, statement] not in faults:
            untold.append(statement)
    return untold


def _check_shown(people: Any) -> list[str]:
    return [
        f"{p['id']}: {p} does not add up"
        for p in people
        if p["received_ms"] != p["silent_ms"] + p["speech_ms"] + p["waiting_ms"]
        or p["speech_ms"] != p["transcribed_ms"]
        or p["unaccounted_ms"]
    ]


def _count_speech(pcm: Pcm, rate_hz: int) -> int:
    """Samples at 16 kHz of speech in a whole stream, heard at once."""
    stream = Stream(0, "", "", rate_hz, 0)
    transcriber = Transcriber(stream, load_settings().segmenter, detector=LoudnessDetector())
    resampler, recogniser = Resampler(rate_hz), FakeRecogniser()
    end = resampler.available(len(pcm), finished=True)
    for start in range(0, end, RECOGNITION_RATE_HZ):
        last = min(start + RECOGNITION_RATE_HZ, end)
        heard = resampler.read(lambda a, b: pcm[a:b], start, last, through=len(pcm), finished=True)
        transcriber.accept_audio(heard)
        _finalize(transcriber, recogniser)
    transcriber.finish()
    _finalize(transcriber, recogniser)
    return transcriber.checkpoint.speech_samples


def _finalize(transcriber: Transcriber, recogniser: FakeRecogniser) -> None:
    while transcriber.due:
        if transcriber.complete_known() is None and (window := transcriber.take_work()):
            transcriber.complete(window, recogniser.recognise([window])[0])
