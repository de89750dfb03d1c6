"""Wall times as bots write them."""

import re
from datetime import UTC, datetime

from meeting_service.errors import InvalidRequest

EXPECTED = "RFC 3339 time with a zone, like 2026-01-31T09:30:00.250Z"
_RFC_3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def parse_timestamp(text: str) -> datetime:
    """Read an RFC 3339 timestamp, which always has a zone; the result is UTC, to the microsecond.

    Raises:
        InvalidRequest: it is something else, or a day that does not exist.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise InvalidRequest(f"{text[:40]!r} is no {EXPECTED}")
    day, time, fraction, zone = match.groups()
    micros = (fraction or "").ljust(6, "0")[:6]
    try:
        local = datetime.fromisoformat(f"{day}T{time}.{micros}{'+00:00' if zone in 'Zz' else zone}")
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidRequest(f"{text[:40]!r} is a time that does not exist") from error
