"""Meetings over HTTP: create, list, read, rename, end, delete."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from aiohttp import web
from pydantic import AwareDatetime, Field

from meeting_service.errors import InvalidRequest, NotFound, Overloaded, SearchTooSlow, TooMany
from meeting_service.ingest import check_meeting_id, clean_title
from meeting_service.meeting import MeetingState, NewMeeting
from meeting_service.search import MAX_QUERY_CHARS
from meeting_service.settings import MAX_DAYS, MIN_TRANSCRIPT_DAYS
from meeting_service.web import searches, shapes
from meeting_service.web.bodies import Body, WaitQuery, json_reply, read_body, read_query
from meeting_service.web.keys import CLOCK, SESSIONS
from meeting_service.web.operations import Header, Operation, Reply
from meeting_service.web.stopping import until_stopping

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_AHEAD = timedelta(days=1)
"""of the service's clock: clocks differ, and meetings are made before they start"""

Phrase = Annotated[str, Field(min_length=1, max_length=100)]


class RetentionBody(Body):
    """How long a meeting is kept, in days from when its text is final; no longer than the settings say."""

    audio_days: float | None = Field(None, ge=0, le=MAX_DAYS)
    """its audio is removed then; 0: as soon as the text is final"""
    transcripts_days: float | None = Field(None, ge=MIN_TRANSCRIPT_DAYS, le=MAX_DAYS)
    """all of it is deleted then"""


class NewMeetingBody(Body):
    """What a caller may choose about a new meeting."""

    title: str | None = None
    """1 to 200 characters"""
    id: str | None = None
    """the caller's own id; the service makes one without"""
    language: str | None = Field(None, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)
    """BCP 47, such as en or pt-BR"""
    vocabulary: list[Phrase] = Field(default=[], max_length=200)
    """names and terms to favour"""
    model: str | None = None
    """one of `/v1/models`; the service's default without it"""
    started_at: Annotated[AwareDatetime, Field(ge=EARLIEST)] | None = None
    """zero of every offset; now without it, and at most a day from now"""
    retention: RetentionBody = RetentionBody()
    """as the settings say without it"""


class RenameBody(Body):
    """A new title."""

    title: str


class ListQuery(searches.WhereQuery):
    """Which meetings, and where to go on."""

    state: MeetingState | None = None
    q: str | None = Field(None, max_length=MAX_QUERY_CHARS)
    """looked for in titles, and in text as `/v1/search` does"""
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=1_000)
    """`next_cursor` of the page before"""


CREATE = Operation(
    "Create a meeting",
    {
        201: Reply(
            "Created.", shapes.MeetingWithParticipants, headers=[Header("Location", "the meeting's address")]
        ),
        200: Reply("The meeting of that id, as it was created before.", shapes.MeetingWithParticipants),
    },
    detail="Safe to repeat with an id of your own.",
    body=NewMeetingBody,
    errors=[InvalidRequest, TooMany],
)


async def create(request: web.Request) -> web.Response:
    """POST /v1/meetings."""
    body = await read_body(request, NewMeetingBody)
    if body.started_at and body.started_at - request.app[CLOCK].utc_now() > MOST_AHEAD:
        raise InvalidRequest("field 'started_at': more than a day ahead of the service's clock")
    new = NewMeeting(
        id=None if body.id is None else check_meeting_id(body.id),
        title=None if body.title is None else clean_title(body.title),
        language=body.language,
        vocabulary=tuple(body.vocabulary),
        started_at=body.started_at,
        model=body.model,
        audio_days=body.retention.audio_days,
        transcripts_days=body.retention.transcripts_days,
    )
    meeting, created = await request.app[SESSIONS].create_meeting(new)
    shape = await _read_detail(request, meeting.id)
    headers = {"Location": f"/v1/meetings/{quote(meeting.id, safe='')}"} if created else {}
    return json_reply(shape, 201 if created else 200, headers)


LIST = Operation(
    "List meetings",
    {200: Reply("Newest first.", shapes.MeetingList)},
    query=ListQuery,
    errors=[InvalidRequest, SearchTooSlow],
)


async def list_all(request: web.Request) -> web.Response:
    """GET /v1/meetings."""
    query = read_query(request, ListQuery)
    page = await request.app[SESSIONS].store.list_meetings(
        state=query.state,
        search=searches.to_search(query.q, query.speaker, query.since, query.until),
        limit=query.limit,
        cursor=query.cursor,
    )
    found = [shapes.meeting_to_shape(meeting) for meeting in page.meetings]
    return json_reply(shapes.MeetingList(meetings=found, next_cursor=page.next_cursor))


READ = Operation(
    "Read a meeting",
    {200: Reply("The meeting and what became of everybody's audio.", shapes.MeetingWithParticipants)},
    errors=[NotFound],
)


async def read(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}."""
    return json_reply(await _read_detail(request, request.match_info["meeting"]))


RENAME = Operation(
    "Rename a meeting",
    {200: Reply("Renamed.", shapes.Meeting)},
    body=RenameBody,
    errors=[NotFound, InvalidRequest],
)


async def rename(request: web.Request) -> web.Response:
    """PATCH /v1/meetings/{meeting}."""
    body = await read_body(request, RenameBody)
    title = clean_title(body.title)
    meeting = await request.app[SESSIONS].rename_meeting(request.match_info["meeting"], title)
    return json_reply(shapes.meeting_to_shape(meeting))


DELETE = Operation(
    "Delete a meeting",
    {204: Reply("Everything of it is gone: text, names, audio.")},
    errors=[NotFound],
)


async def delete(request: web.Request) -> web.Response:
    """DELETE /v1/meetings/{meeting}."""
    await request.app[SESSIONS].delete_meeting(request.match_info["meeting"])
    return web.Response(status=204)


END = Operation(
    "End a meeting",
    {
        200: Reply("All text is final.", shapes.MeetingWithParticipants),
        202: Reply(
            "With wait=false: no more audio is taken, the rest follows.", shapes.MeetingWithParticipants
        ),
    },
    detail="Finishes every stream. Safe to repeat; it goes on even if the caller leaves.",
    query=WaitQuery,
    errors=[NotFound, Overloaded],
)


async def end(request: web.Request) -> web.Response:
    """POST /v1/meetings/{meeting}/end."""
    query = read_query(request, WaitQuery)
    meeting_id = request.match_info["meeting"]
    ending = request.app[SESSIONS].end_meeting(meeting_id, wait=query.wait)
    meeting = await until_stopping(request.app, ending)
    shape = await _read_detail(request, meeting.id)
    return json_reply(shape, 200 if meeting.state is MeetingState.ENDED else 202)


async def _read_detail(request: web.Request, meeting_id: str) -> shapes.MeetingWithParticipants:
    sessions = request.app[SESSIONS]
    meeting = await sessions.get_meeting(meeting_id)
    people, gaps = await sessions.list_participants(meeting_id), await sessions.list_gaps(meeting_id)
    return shapes.meeting_to_detail(meeting, people, gaps, sessions.keeping.rules)
