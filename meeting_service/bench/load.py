"""What a load of participants is asked to do, and what came of it: between the bench and who sends.

The load comes from a process of its own, so that the service has an interpreter for itself and what the bots
cost is not taken for what it costs.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from meeting_service.errors import MeetingServiceError

PIECES_A_SECOND = 5
PEOPLE_A_SOCKET = 20
ONE_SPEAKS_OF = 10
"""one of so many participants speaks, the others are heard breathing"""
PATIENCE_S = 60.0
"""beyond what it was asked for, after which a load is given up"""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What to send."""

    url: str
    """of the service, ending in a slash"""
    name: str
    """of the meetings that are made: another each time"""
    participants: int
    seconds: float
    http: bool = False
    """whether each piece is a request of its own; else many participants share a WebSocket"""
    flat_out: bool = False
    """whether to send as fast as it is acknowledged; else at the speed of life"""
    settle_s: float = 0.0
    """at the beginning, when all have joined; not measured"""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What came of it, after the settling."""

    delays_ms: Sequence[float]
    """from a piece being sent to its being acknowledged, each"""
    unacknowledged: int
    """pieces that never were"""
    acknowledged_s: float
    """audio, of all participants"""
    seconds: float
    """in which it was"""
    joining_s: float
    """from the first connection to everybody's first piece being acknowledged"""
    late_ms: float
    """how far the bots themselves were behind, 99 of 100 times"""
    cpu_s: float
    """of the bots"""
    failure: str = ""
    """why it was cut short, if it was"""


def send_load(request: LoadRequest) -> LoadResult:
    """Send a load from another process and wait for what comes of it.

    Raises:
        MeetingServiceError: the process failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "meeting_service.bench.senders"],
        input=json.dumps(asdict(request)),
        capture_output=True,
        text=True,
        check=False,
        timeout=request.settle_s + request.seconds + PATIENCE_S,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise MeetingServiceError(f"the load could not be sent: {said[-1]}")
    return LoadResult(**json.loads(done.stdout))
