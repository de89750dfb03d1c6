"""What a bot is told about its connection to a meeting."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from meeting_service.errors import MeetingServiceError


class ConnectionState(StrEnum):
    """How it stands."""

    CONNECTING = "connecting"
    """for the first time"""
    LIVE = "live"
    """the service takes audio"""
    LOST = "lost"
    """it will be tried again; what is written is kept meanwhile"""
    CLOSED = "closed"
    """every stream is finished"""
    FAILED = "failed"
    """it will not be tried again; the streams raise the same error"""


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """A change of a connection's state, or one more attempt that failed."""

    meeting_id: str
    state: ConnectionState
    error: MeetingServiceError | None = None
    """why it is lost or has failed"""
    retry_s: float = 0.0
    """until the next attempt, while lost"""


Report = Callable[[ConnectionReport], None]
"""Called on the client's event loop; returns at once."""


def tell_nobody(_report: ConnectionReport) -> None:
    """For bots that do not ask."""
