"""Sessions: the live run of meetings. Audio in, text out, both kept before anyone is told.

`manager` is the door; behind it are `meetings` that are live, the `people` in them, `inputs`, a sender's
way in, and `intake`, where streams begin and end. `streams` is what the worker is asked, `results` what
becomes of its answers, `live` the state between the two. `repeats` tells what was sent before, `gaps` what
never came, `present` where in a meeting a stream begins, `idling` that everybody has left. A stream whose
text cannot go on has `setbacks`; `audits` look whether all of it is accounted for. `retranscriptions` has
kept audio read again; `models` says who reads. `editing` is what people change by hand. `deletion` removes
what somebody wants gone, `keeping` what was kept long enough; `recordings` are what of it can be heard.
`conditions` says how the service is, `activity` how everybody is this moment, `writable` whether anything can
be written; `tasks` run beside it all.
"""

from meeting_service.sessions.activity import NOBODY, Activity
from meeting_service.sessions.conditions import Readiness
from meeting_service.sessions.inputs import AudioInput
from meeting_service.sessions.manager import SessionManager

__all__ = ["NOBODY", "Activity", "AudioInput", "Readiness", "SessionManager"]
