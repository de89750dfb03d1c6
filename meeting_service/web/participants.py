"""Participants over HTTP: create, rename, merge, end."""

from aiohttp import web

from meeting_service.errors import (
    Conflict,
    InvalidRequest,
    MeetingEnded,
    NotFound,
    Outdated,
    Overloaded,
    TooMany,
    Unconditional,
)
from meeting_service.ingest import check_participant_id, clean_name
from meeting_service.meeting import Participant
from meeting_service.web import shapes
from meeting_service.web.bodies import Body, WaitQuery, json_reply, read_body, read_query
from meeting_service.web.keys import SESSIONS
from meeting_service.web.operations import Operation, Reply
from meeting_service.web.preconditions import ETAG, IF_MATCH, etag, find_expected, read_expected
from meeting_service.web.senders import SENDERS
from meeting_service.web.stopping import until_stopping


class ParticipantBody(Body):
    """What a caller may say of a participant."""

    name: str | None = None
    """1 to 80 characters; the id serves without it"""


class NameBody(Body):
    """A name that somebody gives by hand."""

    name: str | None
    """1 to 80 characters; null: what their senders call them"""


class MergeBody(Body):
    """Who is the same person."""

    into: str
    """the id of the participant as whom they are shown"""


PUT = Operation(
    "Create or rename a participant",
    {
        201: Reply("Created.", shapes.ParticipantWithGaps),
        200: Reply("There already; renamed if another name was given.", shapes.ParticipantWithGaps),
    },
    detail="For who sends: a name that senders told before changes nothing, so that it does not take back "
    "what somebody wrote by hand.",
    tag="Participants",
    body=ParticipantBody,
    errors=[NotFound, MeetingEnded, TooMany],
)


async def put(request: web.Request) -> web.Response:
    """PUT /v1/meetings/{meeting}/participants/{participant}."""
    body = await read_body(request, ParticipantBody)
    name = None if body.name is None else clean_name(body.name)
    participant, created = await request.app[SESSIONS].put_participant(
        request.match_info["meeting"], check_participant_id(request.match_info["participant"]), name
    )
    return json_reply(await _with_gaps(request, participant), 201 if created else 200)


RENAME = Operation(
    "Rename a participant by hand",
    {200: Reply("Renamed, or called so already.", shapes.ParticipantWithGaps, headers=[ETAG])},
    detail="Everywhere, also in what was said before. Senders do not take it back by saying again what they "
    "have always said.",
    tag="Participants",
    body=NameBody,
    headers=[IF_MATCH],
    errors=[NotFound, InvalidRequest, Outdated, Unconditional],
)


async def rename(request: web.Request) -> web.Response:
    """PATCH /v1/meetings/{meeting}/participants/{participant}."""
    expected = read_expected(request)
    body = await read_body(request, NameBody)
    name = None if body.name is None else clean_name(body.name)
    await request.app[SESSIONS].editing.rename(*_place(request), name, expected)
    return await _answer(request)


MERGE = Operation(
    "Say that two participants are one person",
    {200: Reply("They are.", shapes.ParticipantWithGaps, headers=[ETAG])},
    detail="What this participant says counts as the other one's: on pages, in transcripts, files and "
    "figures, and where people talk over each other. Nothing of theirs is changed, so it can be undone, and "
    "senders go on under either id; the other one's `version` rises, for they are more from then on. Read "
    "the transcript again when a `participant` is told with other `aliases`.",
    tag="Participants",
    body=MergeBody,
    headers=[IF_MATCH],
    errors=[NotFound, InvalidRequest, Conflict, Outdated, Unconditional],
)


async def merge(request: web.Request) -> web.Response:
    """PUT /v1/meetings/{meeting}/participants/{participant}/merge."""
    expected = read_expected(request)
    body = await read_body(request, MergeBody)
    await request.app[SESSIONS].editing.merge(*_place(request), body.into, expected)
    return await _answer(request)


PART = Operation(
    "Say that they are two persons",
    {200: Reply("They are shown as before.", shapes.ParticipantWithGaps, headers=[ETAG])},
    tag="Participants",
    headers=[IF_MATCH],
    errors=[NotFound, InvalidRequest, Outdated, Unconditional],
)


async def part(request: web.Request) -> web.Response:
    """DELETE /v1/meetings/{meeting}/participants/{participant}/merge."""
    await request.app[SESSIONS].editing.part(*_place(request), read_expected(request))
    return await _answer(request)


DELETE = Operation(
    "Delete a participant",
    {204: Reply("Everything of theirs is gone: name, text in every revision, audio, what was told of them.")},
    detail="Also while the meeting is live: what is still sent for them is refused, the others go on. What "
    "others said of them stays, and so do the title, the vocabulary and bookmarks. Who was merged into "
    "them is the same person and goes too; with `If-Match` nobody does of whom the caller did not know. "
    "Without it they are deleted as they are.",
    tag="Participants",
    headers=[IF_MATCH],
    errors=[NotFound, InvalidRequest, Outdated],
)


async def delete(request: web.Request) -> web.Response:
    """DELETE /v1/meetings/{meeting}/participants/{participant}."""
    meeting_id, participant_id = _place(request)
    expected = find_expected(request)
    for one in await request.app[SESSIONS].delete_participant(meeting_id, participant_id, expected):
        request.app[SENDERS].send_away(meeting_id, one)
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


def _place(request: web.Request) -> tuple[str, str]:
    return request.match_info["meeting"], request.match_info["participant"]


async def _answer(request: web.Request) -> web.Response:
    participant = await request.app[SESSIONS].get_sender(*_place(request))
    return json_reply(await _with_gaps(request, participant), headers=etag(participant.version))


async def _with_gaps(request: web.Request, participant: Participant) -> shapes.ParticipantWithGaps:
    gaps = await request.app[SESSIONS].list_gaps(request.match_info["meeting"])
    return shapes.participant_to_detail(participant, gaps)
