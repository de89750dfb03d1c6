"""Sessions: the live run of meetings. Audio in, text out, both kept before anyone is told.

`manager` is the door, `inputs` a sender's way in, `live` what is going on, `streams` what the worker is
asked, `results` what it answers; `repeats` tells what was sent before; `retranscriptions` has kept audio read
again; `models` says who reads.
"""

from meeting_service.sessions.inputs import AudioInput
from meeting_service.sessions.manager import Readiness, SessionManager

__all__ = ["AudioInput", "Readiness", "SessionManager"]
