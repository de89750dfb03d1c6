"""Participants over HTTP: create, rename, end."""

from aiohttp import web

from meeting_service.errors import InvalidRequest, NotFound, Overloaded, TooMany
from meeting_service.ingest import check_participant_id, clean_name
from meeting_service.meeting import Participant
from meeting_service.web import shapes
from meeting_service.web.bodies import Body, WaitQuery, json_reply, read_body, read_query
from meeting_service.web.keys import SESSIONS
from meeting_service.web.operations import Operation, Reply
from meeting_service.web.senders import SENDERS
from meeting_service.web.stopping import until_stopping


class ParticipantBody(Body):
    """What a caller may say of a participant."""

    name: str | None = None
    """1 to 80 characters; the id serves without it"""


PUT = Operation(
    "Create or rename a participant",
    {
        201: Reply("Created.", shapes.ParticipantWithGaps),
        200: Reply("There already; renamed if another name was given.", shapes.ParticipantWithGaps),
    },
    tag="Participants",
    body=ParticipantBody,
    errors=[NotFound, InvalidRequest, TooMany],
)


async def put(request: web.Request) -> web.Response:
    """PUT /v1/meetings/{meeting}/participants/{participant}."""
    body = await read_body(request, ParticipantBody)
    name = None if body.name is None else clean_name(body.name)
    participant, created = await request.app[SESSIONS].put_participant(
        request.match_info["meeting"], check_participant_id(request.match_info["participant"]), name
    )
    return json_reply(await _with_gaps(request, participant), 201 if created else 200)


DELETE = Operation(
    "Delete a participant",
    {204: Reply("Everything of theirs is gone: name, text in every revision, audio, what was told of them.")},
    detail="Also while the meeting is live: what is still sent for them is refused, the others go on. What "
    "others said of them stays, and so do the title and the vocabulary.",
    tag="Participants",
    errors=[NotFound],
)


async def delete(request: web.Request) -> web.Response:
    """DELETE /v1/meetings/{meeting}/participants/{participant}."""
    meeting_id, participant_id = request.match_info["meeting"], request.match_info["participant"]
    await request.app[SESSIONS].delete_participant(meeting_id, participant_id)
    request.app[SENDERS].send_away(meeting_id, participant_id)
    return web.Response(status=204)


END = Operation(
    "End a participant's stream",
    {
        200: Reply("The participant left and their text is final.", shapes.ParticipantWithGaps),
        202: Reply("With wait=false: the participant left, the rest follows.", shapes.ParticipantWithGaps),
    },
    detail="More audio of theirs begins a new stream.",
    tag="Participants",
    query=WaitQuery,
    errors=[NotFound, Overloaded],
)


async def end(request: web.Request) -> web.Response:
    """POST /v1/meetings/{meeting}/participants/{participant}/end."""
    query = read_query(request, WaitQuery)
    ending = request.app[SESSIONS].end_participant(
        request.match_info["meeting"], request.match_info["participant"], wait=query.wait
    )
    participant = await until_stopping(request.app, ending)
    return json_reply(await _with_gaps(request, participant), 200 if query.wait else 202)


async def _with_gaps(request: web.Request, participant: Participant) -> shapes.ParticipantWithGaps:
    gaps = await request.app[SESSIONS].list_gaps(request.match_info["meeting"])
    return shapes.participant_to_detail(participant, gaps)
