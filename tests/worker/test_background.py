"""What is transcribed again waits behind all that is live, and batches are of one model."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from meeting_service.audio import AudioChunk, Pcm
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import DecodingConfig, Hypothesis, Window
from meeting_service.settings import load_settings
from meeting_service.worker.inline import InlineWorker
from meeting_service.worker.messages import (
    AudioArrived,
    Drafted,
    Finalized,
    Finished,
    FinishStream,
    OpenStream,
    Reply,
)
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.sessions.conftest import RATE_HZ, talk
from tests.worker.virtual import Hall

ROUNDS = 500
"""turns of the event loop in which a worker hears all that a test sends"""
MODELS = ("small", "big")
COST = 0.05
"""seconds of work for a second of audio: live speech takes a part of it, the background takes the rest"""


class Bench:
    """A worker whose batches are noted, by model, and can be held up."""

    def __init__(self, folder: Path) -> None:
        settings = load_settings(overrides={"recognition": {"max_batch": 4, "max_wait_ms": 0}})
        self.batches: list[tuple[str, list[int]]] = []
        """the model and the streams of each"""
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.ledger = Ledger.open(folder / "audio.db")
        self.worker = InlineWorker(folder / "audio.db", settings, self._recognise, LoudnessDetector)
        self._fake = FakeRecogniser()

    async def _recognise(self, model: str, windows: Sequence[Window]) -> list[Hypothesis]:
        self.batches.append((model, [int(window.decoding.vocabulary[0]) for window in windows]))
        await asyncio.sleep(0)
        await self.go_on.wait()
        return self._fake.recognise(windows)

    async def open(self, stream_id: int, model: str, pcm: Pcm, *, background: bool, end: bool = True) -> None:
        """Have a stream recognised whose audio is all there."""
        await self.ledger.append([AudioChunk(stream_id, 0, pcm)])
        stream = Stream(stream_id, "m", f"p{stream_id}", RATE_HZ, 0)
        self.worker.send(
            OpenStream(stream, 1, Checkpoint(stream_id), mark(stream_id), model, background=background)
        )
        through = FinishStream(stream_id, len(pcm)) if end else AudioArrived(stream_id, len(pcm))
        self.worker.send(through)

    async def let_it_work(self) -> None:
        """Let the worker hear all that it was told to; what is held up stays so."""
        for _ in range(ROUNDS):
            await asyncio.sleep(0)

    async def until_finished(self, *streams: int) -> list[Reply]:
        """All replies until these streams are finished."""
        replies: list[Reply] = []
        left = set(streams)
        async for reply in self.worker.replies():
            replies.append(reply)
            if isinstance(reply, Finished):
                left.discard(reply.stream_id)
            if not left:
                break
        return replies


def mark(stream_id: int) -> DecodingConfig:
    """A way of decoding by which windows are told apart; the stand-in overlooks it."""
    return DecodingConfig(vocabulary=(str(stream_id),))


def count_finals(replies: Sequence[Reply]) -> int:
    """How many windows of the background became final."""
    return sum(isinstance(reply, Finalized) and reply.stream_id != 9 for reply in replies)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A worker without streams."""
    bench = Bench(tmp_path)
    await bench.worker.start()
    yield bench
    await bench.worker.stop()
    await bench.ledger.close()


async def test_a_batch_is_of_one_model(bench: Bench) -> None:
    """Streams of two models take turns; each batch is filled with windows of one."""
    bench.go_on.clear()
    for stream_id in range(1, 9):
        await bench.open(stream_id, MODELS[stream_id % 2], talk(stream_id, 15), background=False)
    await bench.let_it_work()
    bench.go_on.set()
    await bench.until_finished(*range(1, 9))

    assert set(MODELS) == {model for model, _ in bench.batches}
    assert max(len(streams) for _, streams in bench.batches) > 1
    assert all(model == MODELS[s % 2] for model, streams in bench.batches for s in streams)


async def test_what_is_live_goes_first(bench: Bench) -> None:
    """Of what waits when a batch is over, the next takes what is live, though it came later."""
    bench.go_on.clear()
    for stream_id in (1, 2, 3):
        await bench.open(stream_id, "again", talk(stream_id, 60), background=True)
    await bench.let_it_work()
    await bench.open(4, "live", talk(4, 6), background=False)
    await bench.let_it_work()
    bench.go_on.set()
    await bench.until_finished(4)

    assert ("again", "live") == (bench.batches[0][0], bench.batches[1][0])


async def test_beside_live_streams_the_background_has_one_window_at_a_time(bench: Bench) -> None:
    """A live window never waits for more than one other; alone, the background fills batches."""
    await bench.open(9, "live", talk(9, 4), background=False, end=False)
    for stream_id in range(1, 6):
        await bench.open(stream_id, "again", talk(stream_id, 20), background=True)
    await bench.until_finished(*range(1, 6))
    beside = [len(streams) for model, streams in bench.batches if model == "again"]
    bench.worker.send(FinishStream(9, 4 * RATE_HZ))
    await bench.until_finished(9)
    bench.batches.clear()
    bench.go_on.clear()
    for stream_id in range(11, 16):
        await bench.open(stream_id, "again", talk(stream_id, 20), background=True)
    await bench.let_it_work()
    bench.go_on.set()
    await bench.until_finished(*range(11, 16))

    assert {1} == set(beside)
    assert max(len(streams) for _, streams in bench.batches) > 1


async def test_a_long_backlog_in_the_background_does_not_hold_up_live_streams(bench: Bench) -> None:
    """A live stream that comes after ten minutes of background is finished before half of it."""
    for stream_id in range(1, 4):
        await bench.open(stream_id, "again", talk(stream_id, 200), background=True)
    await bench.open(9, "live", talk(9, 30), background=False)
    before = count_finals(await bench.until_finished(9))
    after = count_finals(await bench.until_finished(1, 2, 3))

    assert before < after


def test_live_text_comes_as_if_alone(tmp_path: Path) -> None:
    """Beside hours' worth of background it comes later by one window's work at most, in finals and drafts."""
    hall = Hall(tmp_path, cost=lambda _at_s: COST)
    live = hall.add(talk(99, 40))
    late = [hall.add_background(talk(seed, 120)) for seed in range(6)]
    hall.run()

    longest_s = max(len(window.samples) for batch in hall.batches for window in batch.windows) / RATE_HZ
    alone = Hall(tmp_path / "alone", cost=lambda _at_s: COST)
    alone.add(talk(99, 40))
    alone.run()
    assert hall.held_up(live) <= 2 * COST * longest_s
    assert len(hall.drafts(live)) >= 0.7 * len(alone.drafts(1))
    assert all(hall.text(stream_id) for stream_id in late)


async def test_the_background_has_no_drafts(bench: Bench) -> None:
    """Nobody would see them."""
    await bench.open(1, "again", talk(1, 40, spoken_s=20), background=True)
    replies = await bench.until_finished(1)

    assert any(isinstance(reply, Finalized) for reply in replies)
    assert not any(isinstance(reply, Drafted) for reply in replies)
