"""The client for bots: streams that resume by themselves, events that miss nothing.

`unacknowledged` keeps what was not confirmed, `stream` is what a bot writes to, `connection` is the socket
under it, `meeting_client` is the front door.
"""

from meeting_service.client.errors import Superseded, Unreachable
from meeting_service.client.meeting_client import MeetingClient
from meeting_service.client.patience import Patience
from meeting_service.client.posted import PostedStream
from meeting_service.client.stream import AudioStream

__all__ = ["AudioStream", "MeetingClient", "Patience", "PostedStream", "Superseded", "Unreachable"]
