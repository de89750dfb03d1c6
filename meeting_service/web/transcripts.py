"""The transcript over HTTP: as JSON, and as files to take away, also while the meeting is live."""

import asyncio

from aiohttp import web
from pydantic import Field

from meeting_service.errors import InvalidRequest, NotFound
from meeting_service.exports import ExportOptions, content_disposition, formats
from meeting_service.exports.options import MAX_LINE_CHARS, MIN_LINE_CHARS
from meeting_service.transcript import Transcript
from meeting_service.web import shapes
from meeting_service.web.bodies import Query, read_query
from meeting_service.web.keys import SESSIONS
from meeting_service.web.operations import Header, Operation, Reply

READ = Operation(
    "Read the transcript",
    {200: Reply("All final text so far, in reading order: start time, then participant.", shapes.Transcript)},
    tag="Transcript",
    errors=[NotFound],
)


async def read(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/transcript."""
    transcript = await _get_transcript(request)
    text = await asyncio.to_thread(formats["json"].write, transcript, ExportOptions())
    return web.json_response(text=text)


class DownloadQuery(Query):
    """How the file is written; a format that has no use for an option ignores it."""

    names: bool = True
    """say who speaks"""
    times: bool = True
    """say when, in TXT"""
    line_chars: int | None = Field(None, ge=MIN_LINE_CHARS, le=MAX_LINE_CHARS)
    """characters a line may have"""
    keep_overlaps: bool = False
    """in SRT, let captions of people who talk over each other overlap in time"""


DOWNLOAD = Operation(
    "Download the transcript",
    {
        200: Reply(
            "A file.",
            media="text/plain",
            headers=[Header("Content-Disposition", "attachment, with a file name made of the title")],
        )
    },
    detail=f"Formats: {', '.join(formats)}. While the meeting is live, what is final so far.",
    tag="Transcript",
    query=DownloadQuery,
    errors=[NotFound, InvalidRequest],
)


async def download(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/transcript.{format}."""
    name = request.match_info["format"]
    if name not in formats:
        raise NotFound(f"there is no format {name!r}; there are: {', '.join(formats)}")
    options = ExportOptions(**read_query(request, DownloadQuery).model_dump())
    transcript = await _get_transcript(request)
    text = await asyncio.to_thread(formats[name].write, transcript, options)
    disposition = content_disposition(transcript.meeting.title, formats[name].extension)
    return web.Response(
        body=text.encode(),
        headers={"Content-Type": formats[name].media_type, "Content-Disposition": disposition},
    )


async def _get_transcript(request: web.Request) -> Transcript:
    return await request.app[SESSIONS].get_transcript(request.match_info["meeting"])
