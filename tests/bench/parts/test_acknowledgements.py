from dataclasses import replace

from meeting_service.bench.load import LoadResult
from meeting_service.bench.parts.acknowledgements import PEOPLE, describe, is_in_time, measure
from meeting_service.bench.search import Search

GOOD = LoadResult([100.0] * 99 + [900.0], 0, 20.0, 1.0, 0.1, 2.0, 0.1)
LATE = replace(GOOD, delays_ms=[100.0] * 98 + [900.0] * 2)


def test_most_must_be_in_time_and_all_must_come() -> None:
    """One of a hundred may be late; none may be lost, refused or never sent."""
    assert is_in_time(GOOD)
    assert not is_in_time(LATE)
    assert not is_in_time(replace(GOOD, unacknowledged=1))
    assert not is_in_time(replace(GOOD, failure="refused"))
    assert not is_in_time(replace(GOOD, delays_ms=[]))


def test_finds_how_many_it_takes() -> None:
    """The largest number in time, beyond those that are shown; a number that failed once is tried again."""
    disturbed = {400}

    def send(number: int, attempt: int) -> LoadResult:
        if attempt == 0 and number in disturbed:
            return LATE
        return GOOD if number <= 500 else LATE

    curve, found = measure(send, 200, 5)

    assert set(PEOPLE) <= set(curve)
    assert 450 <= found.capacity <= 500
    assert found.complete


def test_shows_every_number() -> None:
    """A row for each, and as much for machines."""
    figure = describe("durable_participants", {1: GOOD, 200: LATE}, Search(150, complete=False), 10)

    assert 150 == figure.value
    assert "at least" in figure.note
    assert figure.rows is not None
    assert ("1", "100", "100", "100", "900", "0.1", "2") == figure.rows.rows[0]
    assert 900 == figure.details["200"]["p99"]
