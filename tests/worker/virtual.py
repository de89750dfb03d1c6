"""The worker on a clock of its own: minutes of many streams in seconds, recognised as slowly as told."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from meeting_service.audio import AudioChunk, Pcm
from meeting_service.bench.audio_time import run_in_audio_time
from meeting_service.errors import RecognitionFailed
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import DecodingConfig, Hypothesis, Window
from meeting_service.segmenter import VoiceDetector
from meeting_service.settings import Settings, load_settings
from meeting_service.worker.blackboard import SIZE, Blackboard
from meeting_service.worker.loop import RecognitionLoop
from meeting_service.worker.messages import (
    Advanced,
    AudioArrived,
    Drafted,
    Finalized,
    Finished,
    FinishStream,
    OpenStream,
    Reply,
)
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.sessions.conftest import RATE_HZ

PIECE_S = 0.1
BEAM = DecodingConfig("beam")

Cost = Callable[[float], float]
"""Seconds that recognising windows takes, from the second it begins: per second of their audio."""

Fails = Callable[[float, Sequence[Window]], bool]
"""Whether a batch that begins in that second cannot be recognised."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows that were recognised together."""

    at_s: float
    windows: Sequence[Window]
    expected_s: float
    """how long it is said to take, to whoever asks after the worker"""


@dataclass
class Hall:
    """Streams that speak from a certain second on, live or with all their audio at once."""

    folder: Path
    cost: Cost = lambda _at_s: 0.0
    fails: Fails = lambda _at_s, _windows: False
    settings: Settings = field(default_factory=load_settings)
    make_detector: Callable[[], VoiceDetector] = LoudnessDetector
    batches: list[Batch] = field(default_factory=list)
    replies: list[tuple[float, Reply]] = field(default_factory=list)
    loop: RecognitionLoop | None = None
    board: Blackboard = field(default_factory=lambda: Blackboard(bytearray(SIZE)))
    suspects: dict[int, Sequence[tuple[int, int, int]]] = field(default_factory=dict)
    """by stream, what workers died of before"""
    offences: dict[int, int] = field(default_factory=dict)
    """by stream, how often it ended workers before"""
    background: set[int] = field(default_factory=set)
    """ids of the streams that are transcribed again"""
    _streams: dict[int, tuple[Pcm, float, bool, DecodingConfig]] = field(default_factory=dict)

    def add(
        self, pcm: Pcm, *, from_s: float = 0.0, live: bool = True, decoding: DecodingConfig | None = None
    ) -> int:
        """One more stream; returns its id."""
        stream_id = len(self._streams) + 1
        self._streams[stream_id] = (pcm, from_s, live, decoding or DecodingConfig())
        return stream_id

    def add_background(self, pcm: Pcm) -> int:
        """One more stream that is transcribed again, all of it there; returns its id."""
        stream_id = self.add(pcm, live=False)
        self.background.add(stream_id)
        return stream_id

    def run(self) -> None:
        """Until all is final."""
        asyncio.run(self._store())
        run_in_audio_time(self._play())

    def finals(self, stream_id: int) -> list[tuple[float, Finalized]]:
        """What became final of a stream, and when."""
        return [(at, r) for at, r in self.replies if isinstance(r, Finalized) and r.stream_id == stream_id]

    def checkpoints(self, stream_id: int) -> list[tuple[float, Finalized | Advanced]]:
        """All that moved a stream on, and when."""
        moves = [(at, r) for at, r in self.replies if isinstance(r, Finalized | Advanced)]
        return [(at, move) for at, move in moves if move.stream_id == stream_id]

    def drafts(self, stream_id: int, from_s: float = 0.0, to_s: float = 1e9) -> list[float]:
        """When drafts of a stream came."""
        drafts = [at for at, r in self.replies if isinstance(r, Drafted) and r.stream_id == stream_id]
        return [at for at in drafts if from_s <= at < to_s]

    def text(self, stream_id: int) -> str:
        """All final text of a stream."""
        finals = self.finals(stream_id)
        return " ".join(sentence.text for _, final in finals for sentence in final.sentences)

    def held_up(self, stream_id: int) -> float:
        """How much later than alone, at worst, text of a live stream became final, in seconds."""
        pcm, from_s, *_ = self._streams[stream_id]
        alone = Hall(self.folder / f"alone-{stream_id}", settings=self.settings)
        alone.add(pcm, from_s=from_s)
        alone.run()
        pairs = zip(self.finals(stream_id), alone.finals(1), strict=True)
        return max(late_s - soon_s for (late_s, _), (soon_s, _) in pairs)

    async def _store(self) -> None:
        self.folder.mkdir(exist_ok=True)
        ledger = Ledger.open(self.folder / "audio.db")
        try:
            for stream_id, (pcm, *_) in self._streams.items():
                await ledger.append([AudioChunk(stream_id, 0, pcm)])
        finally:
            await ledger.close()

    async def _play(self) -> None:
        over = asyncio.Event()
        unfinished = set(self._streams)

        def emit(reply: Reply) -> None:
            self.replies.append((asyncio.get_running_loop().time(), reply))
            if isinstance(reply, Finished):
                unfinished.discard(reply.stream_id)
                if not unfinished:
                    over.set()

        recognition, segmenter = self.settings.recognition, self.settings.segmenter
        loop = self.loop = RecognitionLoop(
            *(self.folder / "audio.db", self._recognise, recognition, segmenter, emit),
            *(self.make_detector, self.board),
        )
        async with asyncio.TaskGroup() as group:
            working = group.create_task(loop.run(), name="recognition")
            await asyncio.gather(*(self._speak(loop, stream_id) for stream_id in self._streams))
            await over.wait()
            working.cancel()

    async def _speak(self, loop: RecognitionLoop, stream_id: int) -> None:
        pcm, from_s, live, decoding = self._streams[stream_id]
        await asyncio.sleep(from_s)
        stream = Stream(stream_id, "m", f"p{stream_id}", RATE_HZ, 0)
        background = stream_id in self.background
        loop.handle(
            OpenStream(
                *(stream, 1, Checkpoint(stream_id), decoding, "demo"),
                background=background,
                suspects=self.suspects.get(stream_id, ()),
                offences=self.offences.get(stream_id, 0),
            )
        )
        for through in range(0, len(pcm), int(PIECE_S * RATE_HZ)) if live else ():
            loop.handle(AudioArrived(stream_id, through))
            await asyncio.sleep(PIECE_S)
        loop.handle(FinishStream(stream_id, len(pcm)))

    async def _recognise(self, _model: str, windows: Sequence[Window]) -> list[Hypothesis]:
        at_s = asyncio.get_running_loop().time()
        self.batches.append(Batch(at_s, tuple(windows), self.board.read().expected_s))
        await asyncio.sleep(self.cost(at_s) * sum(len(w.samples) for w in windows) / RATE_HZ)
        if self.fails(at_s, windows):
            raise RecognitionFailed("told to fail")
        return FakeRecogniser().recognise(windows)
