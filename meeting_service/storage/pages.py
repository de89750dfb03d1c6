"""Lists that come in pages: newest first, and where the next page begins."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from meeting_service.errors import InvalidRequest
from meeting_service.meeting import Meeting


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """Some meetings, newest first."""

    meetings: Sequence[Meeting]
    next_cursor: str | None
    """asks for the next page; None on the last one"""


def meeting_to_cursor(meeting: Meeting) -> str:
    """A cursor for what comes after this meeting. New meetings do not move it."""
    key = json.dumps([meeting.started_at.isoformat(), meeting.id])
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def cursor_to_key(cursor: str) -> tuple[datetime, str]:
    """Where a page begins: after this start and id.

    Raises:
        InvalidRequest: this is no cursor of ours.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        started_at, meeting_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        key = datetime.fromisoformat(started_at), str(meeting_id)
        if key[0].tzinfo is None:
            raise ValueError(started_at)
    except (ValueError, TypeError) as error:
        raise InvalidRequest("the cursor is not one that a list gave") from error
    return key
