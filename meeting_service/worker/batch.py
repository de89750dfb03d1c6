"""Which windows are recognised together next."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from operator import attrgetter

from meeting_service.recognition import Window
from meeting_service.worker.stream import StreamWork

SUSPECT_WAITS_S = 10.0
"""how long others are done before what two workers died of: of the next death they are not to know"""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """When a batch is full."""

    windows: int
    samples: float
    """audio after which no more windows are taken"""


@dataclass(frozen=True, slots=True)
class Job:
    """One window in a batch and whom it belongs to."""

    work: StreamWork
    window: Window
    final: bool
    patient: bool
    """whether it was recognised because nobody who is live had anything better to do"""
    start: int
    """where the speech begins that it is of"""
    crashes: int = 0
    """how many workers died of it; then it is alone in its batch"""


class _Rank(IntEnum):
    SUSPECT = 0
    """was in work when a worker died, which it need not have been the cause of: soon it is known"""
    FINAL = 1
    DRAFT = 2
    PATIENT_FINAL = 3
    """of a stream so far behind, or so probably the end of a worker, that it can wait a little longer"""


@dataclass(frozen=True, slots=True)
class _Candidate:
    rank: _Rank
    due_s: float
    """who is due longest goes first"""
    work: StreamWork
    crashes: int = 0

    @property
    def final(self) -> bool:
        return self.rank is not _Rank.DRAFT


def choose_batch(
    works: Iterable[StreamWork],
    limits: BatchLimits,
    now_s: float,
    fail: Callable[[StreamWork, Exception], None],
    stretch: float = 1.0,
) -> list[Job]:
    """Finals, then drafts, then finals of streams that are behind; of each, what is due longest goes first.

    A stream that is some seconds behind can wait for as many more, then its finals go before drafts too: so
    those who catch up hold up nobody who speaks now, and are never passed over for good. A batch is of one
    model and one way of decoding, the first window's, so that a slow beam holds up no others. What a worker
    died of, perhaps, is alone in its batch. A stream that cannot make its window is given to `fail`.
    """
    jobs: list[Job] = []
    samples = 0
    for candidate in sorted(_candidates(works, now_s), key=attrgetter("rank", "due_s")):
        if len(jobs) == limits.windows or samples >= limits.samples:
            break
        if jobs and (candidate.work.kind != jobs[0].work.kind or candidate.crashes or jobs[0].crashes):
            continue
        try:
            job = _take(candidate, stretch)
        except Exception as error:
            fail(candidate.work, error)
            continue
        if job:
            jobs.append(job)
            samples += len(job.window.samples)
    return jobs


def _candidates(works: Iterable[StreamWork], now_s: float) -> Iterator[_Candidate]:
    for work in works:
        if now_s < work.rests_until_s:
            continue
        if work.final_due_s is not None:
            crashes = work.final_crashes
            yield _Candidate(_rank_final(work, crashes, now_s), work.final_due_s, work, crashes)
        elif work.draft_due_s is not None:
            yield _Candidate(_Rank.DRAFT, work.draft_due_s, work)


def _rank_final(work: StreamWork, crashes: int, now_s: float) -> _Rank:
    if crashes == 1:
        return _Rank.SUSPECT
    waits = now_s < work.deadline_s or (crashes > 1 and now_s < (work.final_due_s or 0.0) + SUSPECT_WAITS_S)
    return _Rank.PATIENT_FINAL if waits else _Rank.FINAL


def _take(candidate: _Candidate, stretch: float) -> Job | None:
    work, final = candidate.work, candidate.final
    start = work.open_start
    window = work.next_final() if final else work.next_draft(stretch)
    if window is None:
        return None
    patient = work.background or candidate.rank is _Rank.PATIENT_FINAL
    return Job(work, window, final, patient, window.decode_start if final else start, candidate.crashes)
