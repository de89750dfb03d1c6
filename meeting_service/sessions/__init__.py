"""Sessions: the live run of meetings. Audio in, text out, both kept before anyone is told."""

from meeting_service.sessions.inputs import AudioInput
from meeting_service.sessions.manager import Readiness, SessionManager

__all__ = ["AudioInput", "Readiness", "SessionManager"]
