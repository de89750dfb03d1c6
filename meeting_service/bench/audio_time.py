"""Live recognition without waiting: the worker's own loop, on a clock of audio instead of life's.

The clock moves when there is nothing left to do: audio arrives at the speed of life, drafts come at the
pace they would have, and a minute passes as fast as it can be recognised. Recognising a batch takes
the time on this clock that it takes in life; meanwhile audio goes on arriving.
"""

import asyncio
import math
import selectors
import tempfile
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from meeting_service.audio import RECOGNITION_RATE_HZ, AudioChunk
from meeting_service.bench.speech import to_pcm
from meeting_service.bench.timing import cpu_seconds
from meeting_service.ledger import Ledger
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recogniser import Engine
from meeting_service.recognition import DecodingConfig, Hypothesis, Samples, Window
from meeting_service.settings import Settings
from meeting_service.worker.loop import RecognitionLoop
from meeting_service.worker.messages import (
    AudioArrived,
    Drafted,
    Finalized,
    Finished,
    FinishStream,
    OpenStream,
    Reply,
    StreamFailed,
)

PIECE_S = 0.2
"""of every participant arrives at once, as a bot sends it"""

PATIENCE_S = 600.0
"""on its clock, in which all must be final after the last audio"""

_PIECE_SAMPLES = round(PIECE_S * RECOGNITION_RATE_HZ)
_MODEL = "the one"

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Where the loop would sleep, time passes."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits and nothing will ever happen")
        self.now += max(0.0, timeout)
        return super().select(0)


class AudioTimeLoop(asyncio.SelectorEventLoop):
    """An event loop that never sleeps: its time jumps to what comes next."""

    def __init__(self) -> None:
        self._passing = _Selector()
        super().__init__(self._passing)

    def time(self) -> float:
        """Seconds since the loop was made, on its own clock."""
        return self._passing.now


def run_in_audio_time(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=AudioTimeLoop) as runner:
        return runner.run(work)


@dataclass(slots=True)
class Heard:
    """What was said of all streams."""

    replies: list[tuple[float, Reply]] = field(default_factory=list)
    """with the second at which each came"""
    windows: int = 0
    encoded_s: float = 0.0
    """audio given to the recogniser, drafts and context included"""
    recognise_s: float = 0.0
    """time that took"""
    cpu_s: float = 0.0
    """of everything: reading, voice detection, recognition, assembly"""
    asked: list[Sequence[Window]] = field(default_factory=list)
    """all batches, where they were to be kept"""

    def text(self, stream_id: int) -> str:
        """All that became final of a stream."""
        finals = [r for _, r in self.replies if isinstance(r, Finalized) and r.stream_id == stream_id]
        return " ".join(sentence.text for reply in finals for sentence in reply.sentences)

    def begin_to_count(self) -> None:
        """What came before does not count."""
        self.windows, self.encoded_s, self.recognise_s, self.cpu_s = 0, 0.0, 0.0, -cpu_seconds()

    def end_count(self) -> None:
        """What comes now does not count."""
        self.cpu_s += cpu_seconds()

    @property
    def drafts(self) -> int:
        """How many drafts were shown."""
        return sum(isinstance(reply, Drafted) for _, reply in self.replies)


class Listening:
    """Streams of equal rate in a ledger of their own, to be listened to as often as one likes.

    Args:
        folder: where the ledger is made, in a folder of its own.
        streams: 16 kHz audio of every participant.
        settings: the service's.
    """

    def __init__(self, folder: Path, streams: Sequence[Samples], settings: Settings) -> None:
        self._ledger_path = Path(tempfile.mkdtemp(dir=folder)) / "audio.db"
        self._settings = settings
        self._lengths = [len(samples) for samples in streams]
        asyncio.run(self._store(streams))

    def listen(self, engine: Engine, *, from_s: float = 0.0, keep: bool = False) -> Heard:
        """Hear everything live, recognised by `engine` in this thread.

        Args:
            engine: may belong to this thread.
            from_s: second of the audio from which on CPU time and encoded audio count.
            keep: whether to keep the windows that were recognised.
        """
        return run_in_audio_time(self._listen(engine, from_s, keep=keep))

    async def _store(self, streams: Sequence[Samples]) -> None:
        ledger = Ledger.open(self._ledger_path)
        try:
            for stream_id, samples in enumerate(streams, start=1):
                pcm = to_pcm(samples)
                starts = range(0, len(pcm), _PIECE_SAMPLES)
                await ledger.append(
                    [AudioChunk(stream_id, at, pcm[at : at + _PIECE_SAMPLES]) for at in starts]
                )
        finally:
            await ledger.close()

    async def _listen(self, engine: Engine, from_s: float, *, keep: bool) -> Heard:
        listener = _Listener(engine, set(range(1, len(self._lengths) + 1)), keep=keep)
        heard, loop = listener.heard, self._make_loop(listener)
        working = asyncio.create_task(loop.run(), name="recognition")
        try:
            await self._play(loop, 0.0, from_s)
            heard.begin_to_count()
            await self._play(loop, from_s, max(self._lengths) / RECOGNITION_RATE_HZ)
            for stream_id, length in enumerate(self._lengths, start=1):
                loop.handle(FinishStream(stream_id, length))
            await listener.wait(working)
            heard.end_count()
        finally:
            working.cancel()
            await asyncio.wait([working])
        return heard

    def _make_loop(self, listener: "_Listener") -> RecognitionLoop:
        recognition, segmenter = self._settings.recognition, self._settings.segmenter
        loop = RecognitionLoop(self._ledger_path, listener.recognise, recognition, segmenter, listener.take)
        for stream_id in range(1, len(self._lengths) + 1):
            stream = Stream(stream_id, "bench", f"p{stream_id}", RECOGNITION_RATE_HZ, 0)
            loop.handle(OpenStream(stream, 1, Checkpoint(stream_id), DecodingConfig(), _MODEL))
        return loop

    async def _play(self, loop: RecognitionLoop, from_s: float, to_s: float) -> None:
        for piece in range(round(from_s / PIECE_S), math.ceil(to_s / PIECE_S - 1e-9)):
            await asyncio.sleep(PIECE_S)
            for stream_id, length in enumerate(self._lengths, start=1):
                if piece * _PIECE_SAMPLES < length:
                    loop.handle(AudioArrived(stream_id, min((piece + 1) * _PIECE_SAMPLES, length)))


class _Listener:
    """The loop's other side: recognises what it asks for, takes what it says, knows when all is over."""

    def __init__(self, engine: Engine, unfinished: set[int], *, keep: bool) -> None:
        self.heard = Heard()
        self._engine = engine
        self._unfinished = unfinished
        self._keep = keep
        self._over = asyncio.Event()
        self._failure: Exception | None = None

    def take(self, reply: Reply) -> None:
        self.heard.replies.append((asyncio.get_running_loop().time(), reply))
        if isinstance(reply, StreamFailed):
            self._fail(RuntimeError(f"a stream failed: {reply.detail}"))
        elif isinstance(reply, Finished):
            self._unfinished.discard(reply.stream_id)
        if not self._unfinished:
            self._over.set()

    async def recognise(self, _model: str, windows: Sequence[Window]) -> list[Hypothesis]:
        began, began_cpu = time.perf_counter(), time.process_time()
        try:
            hypotheses = self._engine.recognise(windows)
        except Exception as error:
            self._fail(error)  # the loop would go on without these windows, and be all the quicker
            raise
        # A machine that is busy with something else takes longer by the clock; threads take more of the CPU.
        took = min(time.perf_counter() - began, time.process_time() - began_cpu)
        self._note(windows, took)
        await asyncio.sleep(took)
        return hypotheses

    async def wait(self, working: asyncio.Task[None]) -> None:
        """Until all is final; raises what went wrong meanwhile."""
        over = asyncio.create_task(self._over.wait(), name="end of all streams")
        await asyncio.wait([working, over], timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if working.done():
            working.result()  # it never ends by itself, so this raises
        if self._failure:
            raise self._failure
        if self._unfinished:
            raise RuntimeError(f"streams {sorted(self._unfinished)} were not finished")

    def _note(self, windows: Sequence[Window], took_s: float) -> None:
        self.heard.windows += len(windows)
        self.heard.encoded_s += sum(len(window.samples) for window in windows) / RECOGNITION_RATE_HZ
        self.heard.recognise_s += took_s
        if self._keep:
            self.heard.asked.append(tuple(windows))

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._over.set()
