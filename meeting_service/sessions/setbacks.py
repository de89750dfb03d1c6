"""What becomes of a stream whose text cannot go on: it waits a while, then begins again at what is stored.

Its audio is held and acknowledged, so it is not given up: it takes more all the while, and the end of its
meeting waits for it. A cause that passes, such as a disk that does not read or write for a time, costs some
delay only.
"""

import asyncio

from meeting_service.sessions.live import LiveStream
from meeting_service.sessions.streams import LiveStreams
from meeting_service.sessions.tasks import Tasks

DELAYS_S = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
"""before each attempt that follows a failure; the last for all that follow"""


class Setbacks:
    """Owner of the streams that wait to be recognised again. Runs on the event loop only."""

    def __init__(self, streams: LiveStreams, tasks: Tasks) -> None:
        self._streams = streams
        self._tasks = tasks

    def suffer(self, live: LiveStream) -> float:
        """Set a stream aside, to be taken up again later; returns the seconds until then.

        The more often it fails without getting any further, the longer it waits.
        """
        delay_s = DELAYS_S[min(live.failures, len(DELAYS_S) - 1)]
        live.failures += 1
        run = self._streams.set_aside(live)
        self._tasks.spawn(self._take_up_again(live, run, delay_s), f"another attempt at stream {live.id}")
        return delay_s

    async def _take_up_again(self, live: LiveStream, run: int, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        self._streams.take_up_again(live, run)
