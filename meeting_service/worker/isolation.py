"""What a failing recogniser costs: a bad window spoils no other, and a bad device ends the worker.

A window that fails twice counts as bad only while the recogniser works otherwise, as silence of its length
shows: on a device without memory all speech would become final without text, and the worker look well. Where
that goes well the window is bad, however many are. A worker that ends is started again, and
its streams go on at their checkpoints. What crashes the whole process is the service's to find out (see
`suspects`); here it is told what is in work. Before a suspected window is tried, alone, silence of its length
shows whether the device would do, and how long the window may take: a child that is new knows no speed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
import structlog

from meeting_service.recognition import Hypothesis, Window
from meeting_service.worker.batch import Job
from meeting_service.worker.blackboard import Blackboard

log = structlog.get_logger()

Recognise = Callable[[str, Sequence[Window]], Awaitable[list[Hypothesis]]]
"""Recognises windows by the model of that name."""

LEAST_EXPECTED_S = 0.001
"""of a batch that runs; 0 says that none does"""


class Isolation:
    """Recognises batches; what fails it tells apart. Owned by the recognition loop.

    Args:
        recognise: recognises a batch.
        board: where it is told what is in work.
        expect: how many seconds so many samples should take.
    """

    def __init__(self, recognise: Recognise, board: Blackboard, expect: Callable[[int], float]) -> None:
        self._recognise = recognise
        self._board = board
        self._expect = expect

    async def recognise(self, jobs: Sequence[Job]) -> list[Hypothesis | None]:
        """What each window came to; None for a final that has no text, or a draft that is dropped.

        Raises:
            Exception: it is the recogniser that fails, whatever the window.
        """
        expected_s = self._expect(sum(len(job.window.samples) for job in jobs))
        if jobs[0].crashes:
            expected_s = await self._probe(jobs[0])
        try:
            answers = await self._run(jobs, expected_s)
        except Exception:
            log.exception("batch_failed", windows=len(jobs))
            return [await self._recognise_alone(job) if job.final else None for job in jobs]
        return list(answers)

    async def _recognise_alone(self, job: Job) -> Hypothesis | None:
        try:
            [hypothesis] = await self._run([job], self._expect(len(job.window.samples)))
        except Exception:
            log.exception("window_failed", stream=job.work.stream_id, samples=len(job.window.samples))
            await self._probe(job)
            return None
        return hypothesis

    async def _probe(self, job: Job) -> float:
        """Recognise silence instead, which every recogniser that works can do; how many seconds it took."""
        samples = len(job.window.samples)
        started_s = asyncio.get_running_loop().time()
        with self._board.recognising([], self._expect(samples)):
            await self._recognise(job.work.model, [Window(np.zeros(samples, np.float32), 0, 0, samples)])
        return max(asyncio.get_running_loop().time() - started_s, LEAST_EXPECTED_S)

    async def _run(self, jobs: Sequence[Job], expected_s: float) -> list[Hypothesis]:
        windows = [job.window for job in jobs]
        with self._board.recognising([(job.work.stream_id, job.start) for job in jobs], expected_s):
            return await self._recognise(jobs[0].work.model, windows)
