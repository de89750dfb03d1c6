"""A worker that really recognises, in a real child that is steered: what it dies of, and when it is stuck."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from meeting_service.audio import AudioChunk, Pcm
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import DecodingConfig
from meeting_service.settings import load_settings
from meeting_service.worker.home import ChildWorker
from meeting_service.worker.messages import (
    Advanced,
    Configure,
    Finalized,
    Finished,
    FinishStream,
    OpenStream,
    Reply,
    Restarted,
)
from meeting_service.worker.watch import Patience
from tests.faults.steering import MARK_SAMPLES, STEERING, Steering, mark
from tests.sessions.conftest import RATE_HZ, talk

HASTY = Patience(look_s=0.1, silent_s=2.0, stuck_s=1.0, stuck_times=0.0, loading_s=30.0)
SETTINGS = load_settings(overrides={"recognition": {"drafts": False}})


def marked(seed: int, seconds: float, at_s: float) -> Pcm:
    """Speech with the mark in it."""
    pcm = talk(seed, seconds)
    pcm[round(at_s * RATE_HZ) : round(at_s * RATE_HZ) + MARK_SAMPLES] = mark()
    return pcm


@dataclass
class Hall:
    """Streams that are all there, and who recognises them."""

    worker: ChildWorker
    steering: Steering
    ledger: Ledger
    streams: dict[int, Pcm] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    restarts: int = 0

    async def add(self, stream_id: int, pcm: Pcm) -> None:
        """One more stream, which is to be recognised."""
        self.streams[stream_id] = pcm
        await self.ledger.append([AudioChunk(stream_id, 0, pcm)])
        self.open(stream_id)

    def open(self, stream_id: int) -> None:
        """Have it recognised from its checkpoint on."""
        checkpoint = Checkpoint(stream_id)
        for reply in self.replies:
            if isinstance(reply, Finalized | Advanced) and reply.stream_id == stream_id:
                checkpoint = reply.checkpoint
        stream = Stream(stream_id, "m", f"p{stream_id}", RATE_HZ, 0)
        self.worker.send(OpenStream(stream, 1, checkpoint, DecodingConfig(), "demo"))
        self.worker.send(FinishStream(stream_id, len(self.streams[stream_id])))

    async def follow(self, enough: Callable[["Hall"], bool]) -> None:
        """Do what the service does, until then."""
        unfinished = set(self.streams)
        async for reply in self.worker.replies():
            self.replies.append(reply)
            if isinstance(reply, Restarted):
                self.restarts += 1
                for stream_id in unfinished:
                    self.open(stream_id)
            elif isinstance(reply, Finished):
                unfinished.discard(reply.stream_id)
            if not unfinished or enough(self):
                return

    def lost(self, stream_id: int) -> list[tuple[float, float]]:
        """Speech without text, in seconds."""
        return [
            (lost.start / RATE_HZ, lost.end / RATE_HZ)
            for reply in self.replies
            if isinstance(reply, Finalized | Advanced) and reply.stream_id == stream_id
            for lost in reply.unrecognised
        ]

    def text(self, stream_id: int) -> dict[str, str]:
        """Final text by sentence."""
        finals = (r for r in self.replies if isinstance(r, Finalized) and r.stream_id == stream_id)
        return {sentence.id: sentence.text for final in finals for sentence in final.sentences}


@asynccontextmanager
async def hall(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, notes: Path | None = None
) -> AsyncIterator[Hall]:
    """A worker whose patience is short."""
    steering = Steering(folder / "steering")
    monkeypatch.setenv(STEERING, str(steering.folder))
    configure = Configure(
        *(str(folder / "audio.db"), ("demo",), "auto"),
        recognition=SETTINGS.recognition.model_dump(),
        segmenter=SETTINGS.segmenter.model_dump(),
        logging=SETTINGS.logging.model_dump(by_alias=True),
    )
    ledger = Ledger.open(folder / "audio.db")
    worker = ChildWorker(configure, (0.0, 0.01), "tests.faults.hashing", patience=HASTY, notes=notes)
    async with asyncio.timeout(60):
        try:
            await worker.start()
            yield Hall(worker, steering, ledger)
        finally:
            await worker.stop()
            await ledger.close()


async def test_a_stuck_batch_is_ended_and_counts_as_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Audio that never comes back from the recogniser is given up at the third time; its neighbour is not."""
    async with hall(tmp_path, monkeypatch) as each:
        each.steering.hang_on_mark()
        await each.add(1, marked(1, 4.0, 0.9))
        await each.add(2, talk(2, 4.0))
        await each.follow(lambda _: False)

        assert 3 == each.restarts
        [(start_s, end_s)] = each.lost(1)
        assert start_s <= 0.9 < end_s
        assert [] == each.lost(2)
        assert each.text(2)


async def test_audio_that_voice_detection_dies_of_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second of it, at the third time; before and after it the stream has its text."""
    async with hall(tmp_path, monkeypatch) as each:
        each.steering.die_hearing_mark()
        await each.add(1, marked(1, 12.0, 5.3))
        await each.add(2, talk(2, 4.0))
        await each.follow(lambda _: False)

        assert 3 == each.restarts
        assert [(5.0, 6.0)] == each.lost(1)
        assert [] == each.lost(2)
        assert len(each.text(1)) > 1
        assert each.text(2)


async def test_a_stopped_child_is_replaced_and_nobody_is_blamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its heart does not beat."""
    async with hall(tmp_path, monkeypatch) as each:
        assert each.worker.pid is not None
        os.kill(each.worker.pid, signal.SIGSTOP)
        await each.add(1, talk(1, 4.0))
        await each.follow(lambda _: False)

        assert 1 == each.restarts
        assert [] == each.lost(1)
        assert each.text(1)


async def test_a_broken_device_gives_up_no_audio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies of silence too, so it is not the audio; when it works again, all text is there."""
    async with hall(tmp_path, monkeypatch) as each:
        each.steering.die_always()
        await each.add(1, talk(1, 4.0))
        await each.follow(lambda hall: hall.restarts >= 4)
        assert "is started again" in each.worker.description or each.worker.ready
        each.steering.go_on()
        await each.follow(lambda _: False)

        assert [] == each.lost(1)
        assert each.text(1)


async def test_the_next_service_knows_what_the_last_one_died_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Audio that ends its process is found out over several starts."""
    for start in range(4):
        (folder := tmp_path / str(start)).mkdir()
        async with hall(folder, monkeypatch, notes=tmp_path) as each:
            each.steering.die_on_mark(signal.SIGKILL)
            await each.add(1, marked(1, 2.0, 0.9))
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5 if start < 3 else 30):
                    await _die_with_child(each)
            if start == 3:
                assert 0 == each.restarts
                assert 1 == len(each.lost(1))


async def _die_with_child(each: Hall) -> None:
    await each.follow(lambda _: False)
