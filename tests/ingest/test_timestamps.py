"""RFC 3339."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meeting_service.errors import InvalidRequest
from meeting_service.ingest.timestamps import parse_timestamp


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31t09:30:00.25z", datetime(2026, 1, 31, 9, 30, 0, 250_000, tzinfo=UTC)),
        ("2026-01-31 10:30:00.123456789+01:00", datetime(2026, 1, 31, 9, 30, 0, 123_456, tzinfo=UTC)),
        ("2026-01-30T23:30:00-10:00", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
    ],
)
def test_times_with_a_zone_are_read(text: str, expected: datetime) -> None:
    """Fractions of any length, zones either way; the result is UTC."""
    assert expected == parse_timestamp(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-01-31",
        "2026-01-31T09:30:00",
        "2026-01-31T09:30Z",
        "20260131T093000Z",
        "2026-02-30T09:30:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T09:30:00+0100",
        "2026-01-31T09:30:00+99:00",
        "0001-01-01T00:00:00+01:00",
        "٢٠٢٦-01-31T09:30:00Z",
        "2026-01-31T09:30:00Z ",
        "x" * 10_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """Shortly, and without repeating all of it."""
    with pytest.raises(InvalidRequest) as caught:
        parse_timestamp(text)

    assert len(caught.value.detail) < 200


@given(st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)))
def test_what_python_writes_is_read(moment: datetime) -> None:
    """A client may use isoformat."""
    assert moment == parse_timestamp(moment.isoformat())
