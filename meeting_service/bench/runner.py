"""Runs parts one after another; what one of them breaks, the others do not notice."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog

from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure
from meeting_service.bench.part import Part
from meeting_service.bench.timing import cpu_seconds

log = structlog.get_logger()


@dataclass(slots=True)
class Outcome:
    """What came of one part."""

    part: Part
    figures: list[Figure] = field(default_factory=list)
    seconds: float = 0.0
    """by the clock"""
    cpu_s: float = 0.0
    """of this process and of its children that have ended"""
    failure: str | None = None
    """why it gave no more, in one line"""
    interrupted: bool = False


Begun = Callable[[Part], None]


def run_parts(
    parts: Sequence[Part], context: Context, begun: Begun = lambda _part: None
) -> Iterator[Outcome]:
    """Yield the outcome of each part when it is over.

    An interruption (Ctrl-C) ends the part it hits and the run; what that part had measured is yielded.
    """
    for part in parts:
        outcome = _run(part, context, begun)
        yield outcome
        if outcome.interrupted:
            return


def _run(part: Part, context: Context, begun: Begun) -> Outcome:
    outcome, started, cpu_s = Outcome(part), time.monotonic(), cpu_seconds()
    try:
        gc.collect()
        begun(part)
        for figure in part.run(context):
            outcome.figures.append(figure)
    except KeyboardInterrupt:
        outcome.interrupted = True
        outcome.failure = "interrupted"
    except Exception as error:
        log.info("part_failed", part=part.name, exc_info=True)
        outcome.failure = _explain(error)
    outcome.seconds, outcome.cpu_s = time.monotonic() - started, cpu_seconds() - cpu_s
    return outcome


def _explain(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return " ".join(reason.split())
