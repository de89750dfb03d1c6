"""Revisions over HTTP: transcribe a meeting again, see how far it is, delete; and which models there are."""

from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from meeting_service.errors import Conflict, InvalidRequest, NotFound, TooMany
from meeting_service.web import shapes
from meeting_service.web.bodies import Body, json_reply, read_body
from meeting_service.web.keys import SESSIONS, SETTINGS
from meeting_service.web.meetings import Phrase
from meeting_service.web.numbers import text_to_number
from meeting_service.web.operations import Header, Operation, Reply

TAG = "Transcript"


class RetranscribeBody(Body):
    """How the kept audio is transcribed again."""

    model: str | None = None
    """one of `/v1/models`; the meeting's own without it"""
    vocabulary: list[Phrase] | None = Field(None, max_length=200)
    """names and terms to favour; the meeting's own without it"""


RETRANSCRIBE = Operation(
    "Transcribe a meeting again",
    {
        202: Reply(
            "Begun; it goes on by itself, also after a restart of the service.",
            shapes.Revision,
            headers=[Header("Location", "the revision's address")],
        )
    },
    detail="Runs the kept audio of a meeting that has ended through a model, behind all that is live. The "
    "text becomes the meeting's current revision at the moment it is complete; those before it stay.",
    tag=TAG,
    body=RetranscribeBody,
    errors=[NotFound, InvalidRequest, Conflict, TooMany],
)


async def retranscribe(request: web.Request) -> web.Response:
    """POST /v1/meetings/{meeting}/retranscribe."""
    body = await read_body(request, RetranscribeBody)
    meeting_id = request.match_info["meeting"]
    revision = await request.app[SESSIONS].retranscriptions.begin(
        meeting_id, model=body.model, vocabulary=body.vocabulary
    )
    place = f"/v1/meetings/{quote(meeting_id, safe='')}/revisions/{revision.number}"
    return json_reply(shapes.revision_to_shape(revision), 202, {"Location": place})


LIST = Operation(
    "List a meeting's revisions",
    {200: Reply("The newest first; the first was made while the meeting was live.", shapes.RevisionList)},
    tag=TAG,
    errors=[NotFound],
)


async def list_all(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/revisions."""
    store, meeting_id = request.app[SESSIONS].store, request.match_info["meeting"]
    current = await store.get_revision(meeting_id)
    found = [shapes.revision_to_shape(revision) for revision in await store.list_revisions(meeting_id)]
    return json_reply(shapes.RevisionList(current=current.number, revisions=found))


READ = Operation(
    "Read a revision",
    {200: Reply("Its model, its state and how far it has come.", shapes.Revision)},
    tag=TAG,
    errors=[NotFound],
)


async def read(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/revisions/{revision}."""
    number = to_number(request.match_info["revision"])
    revision = await request.app[SESSIONS].store.get_revision(request.match_info["meeting"], number)
    return json_reply(shapes.revision_to_shape(revision))


DELETE = Operation(
    "Delete a revision",
    {204: Reply("Its text is gone.")},
    detail="One that is running is stopped. Where it was the current one, the one before is again. The first "
    "goes with the meeting only.",
    tag=TAG,
    errors=[NotFound, Conflict],
)


async def delete(request: web.Request) -> web.Response:
    """DELETE /v1/meetings/{meeting}/revisions/{revision}."""
    number = to_number(request.match_info["revision"])
    await request.app[SESSIONS].retranscriptions.delete(request.match_info["meeting"], number)
    return web.Response(status=204)


MODELS = Operation(
    "List models",
    {200: Reply("Those that are loaded, which a meeting may choose.", shapes.ModelList)},
    tag="Operation",
)


async def models(request: web.Request) -> web.Response:
    """GET /v1/models."""
    chosen = request.app[SETTINGS].model
    return json_reply(shapes.ModelList(default=chosen.name, models=list(chosen.names)))


def to_number(text: str) -> int:
    """A revision's number.

    Raises:
        NotFound: it is none.
    """
    return text_to_number(text, "the number of a revision")
