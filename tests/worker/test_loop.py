"""The worker's loop: who is served first, what a bad window costs, and how much drafts cost."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from meeting_service.audio import AudioChunk, Pcm
from meeting_service.errors import RecognitionFailed
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import DecodingConfig, Hypothesis, Token, Window
from meeting_service.settings import Settings, load_settings
from meeting_service.worker.careful_reader import BELIEVED_AT
from meeting_service.worker.inline import InlineWorker
from meeting_service.worker.messages import (
    Advanced,
    AudioArrived,
    Drafted,
    Finalized,
    Finished,
    FinishStream,
    OpenStream,
    Reply,
    StreamFailed,
)
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.sessions.conftest import RATE_HZ, talk

Recognise = Callable[[Sequence[Window]], list[Hypothesis]]


class Bench:
    """A ledger, a worker on it, and the batches it asked for."""

    def __init__(self, folder: Path, settings: Settings, recognise: Recognise) -> None:
        self.batches: list[list[Window]] = []
        self._recognise_now = recognise
        self.ledger = Ledger.open(folder / "audio.db")
        self.worker = InlineWorker(folder / "audio.db", settings, self._recognise, LoudnessDetector)

    async def _recognise(self, _model: str, windows: Sequence[Window]) -> list[Hypothesis]:
        self.batches.append(list(windows))
        await asyncio.sleep(0)
        return self._recognise_now(windows)

    async def speak(self, stream_id: int, pcm: Pcm, *, live_step: int | None = None) -> None:
        """Send a whole stream; in steps of `live_step` samples, each answered before the next."""
        self.worker.send(_open(stream_id))
        for start in range(0, len(pcm), live_step or len(pcm)):
            piece = pcm[start : start + (live_step or len(pcm))]
            await self.ledger.append([AudioChunk(stream_id, start, piece)])
            self.worker.send(AudioArrived(stream_id, start + len(piece)))
            if live_step:
                await asyncio.sleep(0.03)
        self.worker.send(FinishStream(stream_id, len(pcm)))

    async def until_finished(self, streams: set[int]) -> list[Reply]:
        """All replies until every stream is finished or failed."""
        replies: list[Reply] = []
        async for reply in self.worker.replies():
            replies.append(reply)
            if isinstance(reply, Finished | StreamFailed):
                streams.discard(reply.stream_id)
            if not streams:
                break
        return replies

    async def __aenter__(self) -> "Bench":
        await self.worker.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.worker.stop()
        await self.ledger.close()


def _open(stream_id: int) -> OpenStream:
    stream = Stream(stream_id, "m", f"p{stream_id}", RATE_HZ, 0)
    return OpenStream(stream, 1, Checkpoint(stream_id), DecodingConfig(), "demo")


@pytest.fixture
def settings() -> Settings:
    """Small batches, so that there is something to choose."""
    return load_settings(overrides={"recognition": {"max_batch": 4, "max_wait_ms": 0}})


async def test_streams_share_batches(tmp_path: Path) -> None:
    """Windows of several streams wait for each other and are recognised together, up to the limit."""
    patient = load_settings(overrides={"recognition": {"max_batch": 4, "max_wait_ms": 1_000}})
    async with Bench(tmp_path, patient, FakeRecogniser().recognise) as bench:
        await asyncio.gather(*(bench.speak(stream_id, talk(1, 12)) for stream_id in range(1, 10)))
        await bench.until_finished(set(range(1, 10)))

    assert max(len(batch) for batch in bench.batches) == 4


async def test_long_backlog_does_not_hold_up_others(tmp_path: Path, settings: Settings) -> None:
    """A stream with little audio is finished long before one that sent minutes at once."""
    async with Bench(tmp_path, settings, FakeRecogniser().recognise) as bench:
        await bench.speak(1, talk(1, 240))
        await bench.speak(2, talk(2, 6))
        replies = await bench.until_finished({1, 2})

    before = replies[: replies.index(Finished(2, 1))]
    finals_of_the_long_one = [r for r in before if isinstance(r, Finalized) and r.stream_id == 1]
    assert len(finals_of_the_long_one) < 12


async def test_window_that_cannot_be_recognised(tmp_path: Path, settings: Settings) -> None:
    """Only the speech that breaks the recogniser stays without text; its neighbours keep theirs."""
    fake = FakeRecogniser()
    poison = int(0.5 * RATE_HZ)

    def recognise(windows: Sequence[Window]) -> list[Hypothesis]:
        if any(len(w.samples) and np.abs(w.samples).max() > 0.9 for w in windows):
            raise RecognitionFailed("poison")
        return fake.recognise(windows)

    bad = talk(1, 30)
    bad[poison : poison + 200] = 32_000
    async with Bench(tmp_path, settings, recognise) as bench:
        await bench.speak(1, bad)
        await bench.speak(2, talk(2, 30))
        replies = await bench.until_finished({1, 2})

    last = {r.stream_id: r.checkpoint for r in replies if isinstance(r, Finalized)}
    assert last[1].transcribed_samples < last[1].speech_samples
    assert last[2].transcribed_samples == last[2].speech_samples
    assert any(r.sentences for r in replies if isinstance(r, Finalized) and r.stream_id == 1)


async def test_answer_without_sense_stops_one_stream(tmp_path: Path, settings: Settings) -> None:
    """Whose words cannot be put together fails alone and says so."""
    nonsense = cast("Token", None)

    def recognise(windows: Sequence[Window]) -> list[Hypothesis]:
        return [
            replace(heard, tokens=[nonsense]) if np.abs(window.samples).max() > 0.9 else heard
            for window, heard in zip(windows, FakeRecogniser().recognise(windows), strict=True)
        ]

    bad = talk(1, 30)
    bad[int(0.6 * RATE_HZ)] = 32_000
    async with Bench(tmp_path, settings, recognise) as bench:
        await bench.speak(1, bad)
        await bench.speak(2, talk(2, 30))
        replies = await bench.until_finished({1, 2})

    assert [1] == [r.stream_id for r in replies if isinstance(r, StreamFailed)]
    assert Finished(2, 1) in replies


async def test_drafts_cost_a_bounded_share(tmp_path: Path, settings: Settings) -> None:
    """A monologue is heard again for drafts only so often that all work stays a small multiple of it."""
    seconds = 40
    pcm = talk(3, seconds, spoken_s=60, pause_s=0.1)
    async with Bench(tmp_path, settings, FakeRecogniser().recognise) as bench:
        await bench.speak(1, pcm, live_step=RATE_HZ // 5)
        replies = await bench.until_finished({1})

    encoded = sum(len(window.samples) for batch in bench.batches for window in batch)
    assert sum(isinstance(r, Drafted) for r in replies) > seconds / 4
    assert encoded < 6 * len(pcm)


async def test_audio_that_is_not_there_is_passed_over(tmp_path: Path, settings: Settings) -> None:
    """What of a stream cannot be heard is told as speech without text; the stream and the others go on."""
    async with Bench(tmp_path, settings, FakeRecogniser().recognise) as bench:
        for _ in range(BELIEVED_AT - 1):
            bench.worker.send(_open(9))
            bench.worker.send(FinishStream(9, 50_000))
            assert isinstance((await bench.until_finished({9}))[-1], StreamFailed)
        bench.worker.send(_open(9))
        bench.worker.send(FinishStream(9, 50_000))
        await bench.speak(2, talk(2, 6))
        replies = await bench.until_finished({2, 9})

    told = [r for r in replies if isinstance(r, Finalized | Advanced) and r.stream_id == 9]
    lost = [stretch for reply in told for stretch in reply.unrecognised]
    assert (0, 50_000) == (lost[0].start, lost[-1].end)
    assert 50_000 == sum(stretch.end - stretch.start for stretch in lost)
    assert {2, 9} == {r.stream_id for r in replies if isinstance(r, Finished)}
