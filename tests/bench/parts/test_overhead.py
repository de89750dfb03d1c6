import pytest

from meeting_service.bench.delays import Delays
from meeting_service.bench.parts.overhead import PEOPLE, Overhead, describe_overhead, make_meeting
from meeting_service.bench.processes import Usage
from meeting_service.bench.rehearsal import Rehearsal
from meeting_service.bench.replay import Replay
from meeting_service.bench.served import ServedUsage


def overhead(model: str, *, service_s: float, worker_s: float, alone_s: float) -> Overhead:
    """What was measured of a model."""
    begun, done = (ServedUsage(Usage(1 + a, 0), Usage(2 + b, 0)) for a, b in [(0, 0), (service_s, worker_s)])
    rehearsal = Rehearsal(("m",), 30, 25, Delays(), begun, begun, done, 30, done, 0, 1, 0)
    return Overhead(model, rehearsal, Replay(alone_s, 40, 90))


def test_people_take_turns() -> None:
    """In a meeting of four, about one speaks at a time."""
    tracks = make_meeting(60)

    assert PEOPLE == len(tracks)
    assert 0.3 <= sum(track.speech_s for track in tracks) / 60 <= 1.3


def test_divides_what_both_processes_took() -> None:
    """The figure is the first model's: service and worker together, over the recogniser alone."""
    full = overhead("full-size", service_s=1, worker_s=11, alone_s=10)
    bundled = overhead("bundled", service_s=1, worker_s=2, alone_s=1)

    figure = describe_overhead([full, bundled])

    assert pytest.approx(1.2) == figure.value
    assert figure.rows is not None
    assert [("full-size", "1.20"), ("bundled", "3.00")] == [row[:2] for row in figure.rows.rows]
    assert {"full-size", "bundled"} == figure.details.keys()
