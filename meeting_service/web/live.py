"""Live events of a meeting as Server-Sent Events. What is stored has an id, so that a watcher can resume."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response
from pydantic import Field

from meeting_service import metrics
from meeting_service.broadcast import Watcher
from meeting_service.checksums import CHECKSUM
from meeting_service.errors import InvalidRequest, MeetingServiceError, NotFound, TooMany
from meeting_service.events import (
    ConditionChanged,
    DraftChanged,
    FellBehind,
    MeetingEvent,
    RevisionAdvanced,
    StoredEvent,
)
from meeting_service.web import shapes
from meeting_service.web.bodies import Query, read_query
from meeting_service.web.checked import CheckedEvents
from meeting_service.web.keys import SESSIONS, SETTINGS
from meeting_service.web.operations import Header, Operation, Reply
from meeting_service.web.stopping import STOPPING
from meeting_service.web.telling import Teller

log = structlog.get_logger()

HEARTBEAT_S = 15
"""how often a reader hears something, so that one who does not knows that the connection is dead"""
NO_PING_S = 86_400.0
"""a comment reaches no page's script, so the library's own heartbeat is not used"""
LINE_END = "\n"
ACTIVITY_S = 0.5
"""how often it is looked who is loud, late or cut off"""
RETRY_MS = 1_500
SEND_BUFFER_BYTES = 65_536
FAREWELL_PATIENCE_S = 1.0
"""how long a reader may take to hear of a restart"""
MAX_SEQ = 10**15 - 1
MAX_SEQ_DIGITS = 15


class EventsQuery(Query):
    """Where to begin."""

    after: int = Field(0, ge=0, le=MAX_SEQ)
    """the number of the last event that is known; 0 tells everything from the start"""


EVENTS = Operation(
    "Follow a meeting",
    {200: Reply("An endless stream of events.", media="text/event-stream")},
    detail="Events `sentence`, `not_transcribed`, `participant`, `gap`, `bookmark`, `meeting` and `revision` "
    "are stored: each comes once, in order, and carries its number as `id`. A `sentence` that somebody "
    "corrects is told again, with another `version`. Not stored are `draft`, which the next one "
    "of the same participant replaces, a `revision` without an `id`, which tells the progress of a running "
    "one, `behind`, told about once a second while the text lags and once when it has caught up, "
    "`activity`, told at most twice a second, of whom it is not as it was, "
    "`service`, told when something fails that concerns every meeting and as `ready` when it works again, "
    "and `alive`, told every 15 s: who hears nothing for longer has a dead connection. "
    "`overlaps` of a `sentence` is as far as is known when it is told: who talks over it may be told later. "
    "When a `revision` is done or deleted, read the transcript again, and when a `participant` has other "
    "`aliases` than before. Reconnect with `Last-Event-ID` to get exactly what was missed. "
    "After `restored`, told where a backup was put back, numbers leap: none is given twice; without an `id`, "
    "and `after` 0, it says that the number asked for was never given, and all is told from the start. "
    "The stream ends when the meeting is deleted, and after `restarting` when the service goes down.",
    tag="Transcript",
    query=EventsQuery,
    headers=[
        Header("Last-Event-ID", "goes before `after`", {"type": "integer", "minimum": 0}),
        Header("Checksum", "makes each event begin with `check:`, the CRC-32 of the rest of its bytes"),
    ],
    errors=[NotFound, InvalidRequest, TooMany],
    events={
        "sentence": shapes.ToldSentence,
        "not_transcribed": shapes.NotTranscribed,
        "draft": shapes.DraftEvent,
        "behind": shapes.Behind,
        "activity": shapes.Activity,
        "service": shapes.Service,
        "alive": shapes.Alive,
        "participant": shapes.Participant,
        "participant_deleted": shapes.ParticipantDeleted,
        "restored": shapes.Restored,
        "gap": shapes.Gap,
        "bookmark": shapes.Bookmark,
        "bookmark_deleted": shapes.BookmarkDeleted,
        "meeting": shapes.Meeting,
        "revision": shapes.Revision,
        "restarting": shapes.Restarting,
    },
)


async def events(request: web.Request) -> web.StreamResponse:
    """GET /v1/meetings/{meeting}/events."""
    after = _read_position(request)
    meeting_id = request.match_info["meeting"]
    sessions = request.app[SESSIONS]
    # A number from another past, as of another data folder: that is void, and everything is told again.
    void = after > await sessions.store.last_seq(meeting_id)
    after = 0 if void else after
    with sessions.subscribe(meeting_id, after) as watcher:
        await sessions.get_meeting(meeting_id)
        teller = await Teller.begin(sessions, meeting_id)
        if request.transport is None:
            raise ConnectionResetError("the reader is gone")
        stalled_s = request.app[SETTINGS].limits.body_idle_s
        async with sse_response(
            request,
            sep=LINE_END,
            ping_interval=NO_PING_S,
            send_timeout=stalled_s,
            response_cls=CheckedEvents if CHECKSUM in request.headers else EventSourceResponse,
        ) as response:
            _bound_buffers(request)
            await response.write(f"retry: {RETRY_MS}{LINE_END * 2}".encode())
            if void:
                await response.send(shapes.Restored(after=0).model_dump_json(), event="restored")
            with metrics.watchers.track_inprogress():
                await _send_until_over(request, response, watcher, teller)
    return response


def _read_position(request: web.Request) -> int:
    after = read_query(request, EventsQuery).after
    last = request.headers.get("Last-Event-ID", "")
    if not last:
        return after
    if not (last.isascii() and last.isdigit() and len(last) <= MAX_SEQ_DIGITS):
        raise InvalidRequest("Last-Event-ID is not the id of an event")
    return int(last)


def _bound_buffers(request: web.Request) -> None:
    """A slow reader holds its own events up, and no memory."""
    if request.transport is None:
        return
    request.transport.set_write_buffer_limits(high=SEND_BUFFER_BYTES)
    connection = request.transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)


async def _send_until_over(
    request: web.Request, response: EventSourceResponse, watcher: Watcher, teller: Teller
) -> None:
    """Send until the meeting is deleted, the reader is gone or the service stops."""
    waits = [
        asyncio.create_task(_send_all(response, watcher, teller), name="events to a watcher"),
        asyncio.create_task(_keep_alive(response), name="heartbeat of a watcher"),
        asyncio.create_task(_tell_activity(response, teller), name="activity to a watcher"),
        asyncio.create_task(response.wait(), name="watcher is gone"),
        asyncio.create_task(request.app[STOPPING].wait(), name="wait for the stop"),
    ]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    if request.app[STOPPING].is_set():
        await _tell_restart(request, response)


async def _tell_restart(request: web.Request, response: EventSourceResponse) -> None:
    """Say why this stream ends; who does not listen is cut off, for the answer could not be ended either."""
    try:
        async with asyncio.timeout(FAREWELL_PATIENCE_S):
            await response.send(shapes.Restarting().model_dump_json(), event="restarting")
    except (ConnectionResetError, TimeoutError):
        if request.transport is not None:
            request.transport.abort()


async def _keep_alive(response: EventSourceResponse) -> None:
    with _until_gone():
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            await response.send(shapes.Alive().model_dump_json(), event="alive")


async def _tell_activity(response: EventSourceResponse, teller: Teller) -> None:
    with _until_gone():
        while True:
            if news := teller.take_activity():
                await response.send(news, event="activity")
            await asyncio.sleep(ACTIVITY_S)


async def _send_all(response: EventSourceResponse, watcher: Watcher, teller: Teller) -> None:
    with _until_gone():
        async for event in watcher:
            await _send(response, event, teller)


@contextmanager
def _until_gone() -> Iterator[None]:
    """For one who may leave or take nothing at any time, and then resumes by id; else it is logged."""
    try:
        yield
    except (ConnectionResetError, TimeoutError):
        pass
    except MeetingServiceError as error:
        log.warning("event stream cut", code=error.code)
    except Exception:
        log.exception("event stream failed")


async def _send(response: EventSourceResponse, event: MeetingEvent, teller: Teller) -> None:
    match event:
        case DraftChanged(draft):
            await response.send(teller.draft_to_shape(draft).model_dump_json(), event="draft")
        case FellBehind(behind_ms):
            await response.send(shapes.Behind(behind_ms=behind_ms).model_dump_json(), event="behind")
        case ConditionChanged(condition):
            await response.send(shapes.Service(state=condition).model_dump_json(), event="service")
        case RevisionAdvanced(revision):
            await response.send(shapes.revision_to_shape(revision).model_dump_json(), event="revision")
        case StoredEvent(seq=seq, event=stored):
            kind, shape = await teller.to_shape(stored)
            await response.send(shape.model_dump_json(), id=str(seq), event=kind)
