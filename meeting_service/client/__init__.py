"""The client for bots: streams that resume by themselves, events that miss nothing.

`unacknowledged` keeps what was not confirmed, `stream` is what a bot writes to, `socket` is what carries it,
`connection` makes a new socket when one is lost; `requests` and `following` are the same for plain requests
and events; `meeting_client` is the front door. Everything is held to checksums, in both directions.
"""

from meeting_service.client.errors import Superseded, Unreachable
from meeting_service.client.meeting_client import MeetingClient
from meeting_service.client.patience import Patience
from meeting_service.client.posted import PostedStream
from meeting_service.client.reports import ConnectionReport, ConnectionState
from meeting_service.client.stream import AudioStream

__all__ = [
    "AudioStream",
    "ConnectionReport",
    "ConnectionState",
    "MeetingClient",
    "Patience",
    "PostedStream",
    "Superseded",
    "Unreachable",
]
