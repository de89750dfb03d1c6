"""The transcript over HTTP: as JSON, and as files to take away, also while the meeting is live."""

from urllib.parse import quote

from aiohttp import web

from meeting_service.errors import NotFound
from meeting_service.exports import FORMATS
from meeting_service.web.keys import SESSIONS
from meeting_service.web.operations import Header, Operation, Reply
from meeting_service.web.shapes import TranscriptShape

READ = Operation(
    "Read the transcript",
    {200: Reply("All final text so far, in reading order: start time, then participant.", TranscriptShape)},
    tag="Transcript",
    errors=[NotFound],
)


async def read(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/transcript."""
    return await _respond(request, "json")


DOWNLOAD = Operation(
    "Download the transcript",
    {
        200: Reply(
            "A file.",
            media="text/plain",
            headers=[Header("Content-Disposition", "attachment, with a file name made of the title")],
        )
    },
    detail=f"Formats: {', '.join(format_.name for format_ in FORMATS)}. While the meeting is live, what is final so far.",
    tag="Transcript",
    errors=[NotFound],
)


async def download(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/transcript.{format}."""
    response = await _respond(request, request.match_info["format"])
    return response


async def _respond(request: web.Request, name: str) -> web.Response:
    raise NotFound(name)
