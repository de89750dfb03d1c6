"""What a failing recogniser costs: a bad window spoils no other, and a bad device ends the worker.

A window that fails twice counts as bad only while the recogniser works otherwise: on a device without memory
all speech would become final without text, and the worker look well. A worker that ends is started again, and
its streams go on at their checkpoints.
"""

from collections.abc import Awaitable, Callable, Sequence

import numpy as np
import structlog

from meeting_service.errors import RecognitionFailed
from meeting_service.recognition import ENCODER_FRAME_SAMPLES, Hypothesis, Window
from meeting_service.worker.batch import Job

log = structlog.get_logger()

Recognise = Callable[[str, Sequence[Window]], Awaitable[list[Hypothesis]]]
"""Recognises windows by the model of that name."""

PROBE_SAMPLES = 12 * ENCODER_FRAME_SAMPLES
"""of silence, which every recogniser that works can recognise"""
MOST_LOST = 3
"""finals in a row that may be given up; one more, and it is not the windows that are bad"""


class Isolation:
    """Recognises batches; what fails it tells apart. Owned by the recognition loop."""

    def __init__(self, recognise: Recognise) -> None:
        self._recognise = recognise
        self._lost = 0
        """finals given up since one was recognised"""

    async def recognise(self, jobs: Sequence[Job]) -> list[Hypothesis | None]:
        """What each window came to; None for a final that has no text, or a draft that is dropped.

        Raises:
            Exception: it is the recogniser that fails, whatever the window.
        """
        try:
            answers = await self._recognise(jobs[0].work.model, [job.window for job in jobs])
        except Exception:
            log.exception("batch_failed", windows=len(jobs))
            return [await self._recognise_alone(job) if job.final else None for job in jobs]
        if any(job.final for job in jobs):
            self._lost = 0
        return list(answers)

    async def _recognise_alone(self, job: Job) -> Hypothesis | None:
        try:
            [hypothesis] = await self._recognise(job.work.model, [job.window])
        except Exception:
            log.exception("window_failed", stream=job.work.stream_id, samples=len(job.window.samples))
            await self._give_up(job.work.model)
            return None
        self._lost = 0
        return hypothesis

    async def _give_up(self, model: str) -> None:
        """Count a window as lost, if it is not the recogniser that fails."""
        self._lost += 1
        if self._lost > MOST_LOST:
            raise RecognitionFailed(f"{self._lost} windows in a row could not be recognised")
        silence = np.zeros(PROBE_SAMPLES, np.float32)
        await self._recognise(model, [Window(silence, 0, 0, PROBE_SAMPLES)])
