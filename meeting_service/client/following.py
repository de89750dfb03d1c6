"""Follows a meeting's events through lost connections and restarts, each stored one exactly once."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator

from aiohttp import ClientError, ClientResponse, ClientTimeout

from meeting_service.client.errors import DOUBTS, PASSING, failure_to_error
from meeting_service.client.event_stream import EventReader
from meeting_service.client.patience import Attempts, Patience
from meeting_service.client.requests import Question, Requests, path_of, reading
from meeting_service.client.shapes import json_to_event
from meeting_service.errors import Forbidden, MeetingServiceError
from meeting_service.events import MeetingEvent, StoredEvent


async def follow_events(
    requests: Requests, meeting_id: str, after: int, patience: Patience
) -> AsyncGenerator[MeetingEvent, None]:
    """Every stored event after `after` in order, drafts between; ends only with an error.

    Numbers only grow, so what comes twice is told once. A connection that begins with a number that was told
    before is the service's way to say that it knows nothing of that past, as where another data folder took
    the place of the former: then everything is told again.

    Raises:
        NotFound: there is no such meeting, or none any more.
        Unreachable: the service was away for too long.
    """
    position, attempts, silence_s = after, Attempts(patience), patience.event_silence_s
    doubts = 0
    while True:
        anew = True
        try:
            async for event in _read_events(requests, meeting_id, position, silence_s):
                attempts.succeeded()
                doubts = 0
                if isinstance(event, StoredEvent):
                    if event.seq <= position and not anew:
                        continue
                    position, anew = event.seq, False
                yield event
            error: MeetingServiceError = requests.unreachable("the event stream ended")
        except PASSING as refusal:
            error = refusal
        except Forbidden as refusal:
            error, doubts = refusal, doubts + 1
            if doubts >= DOUBTS:
                raise
        except (ClientError, OSError, TimeoutError, ValueError) as cause:
            error = failure_to_error(requests.base_url, cause)
        await attempts.wait(error)


async def _read_events(
    requests: Requests, meeting_id: str, after: int, silence_s: float
) -> AsyncIterator[MeetingEvent]:
    """One connection's events, each checked."""
    question = Question(
        "GET",
        path_of(meeting_id, "events"),
        headers={"Accept": "text/event-stream", "Last-Event-ID": str(after)},
    )
    timeout = ClientTimeout(total=None, sock_connect=silence_s, sock_read=silence_s)
    async with requests.begin(question, timeout) as response:
        async with asyncio.timeout(silence_s):
            await requests.refuse(response)
        reader = EventReader()
        while line := await _read_line(response, silence_s):
            told = reader.accept_line(line)
            if told is None:
                continue
            seq = int(told.id) if told.id else None
            event = json_to_event(meeting_id, told.kind, seq, json.loads(told.data))
            if event is not None:
                yield event


async def _read_line(response: ClientResponse, silence_s: float) -> bytes:
    """The next line with its end; empty after the last one.

    A chunk whose frame was changed makes aiohttp 3.14 give up the connection, and its timeout with it: who
    waits for more of the body then would wait for ever.

    Raises:
        ClientError, OSError, TimeoutError: the connection is dead.
    """
    with reading():
        async with asyncio.timeout(silence_s):
            return await response.content.readline()
