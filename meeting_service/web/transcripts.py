"""The transcript over HTTP: as JSON, and as files to take away, also while the meeting is live."""

import asyncio

from aiohttp import web
from pydantic import Field

from meeting_service.errors import Conflict, InvalidRequest, NotFound
from meeting_service.exports import ExportOptions, content_disposition, formats
from meeting_service.exports.options import MAX_LINE_CHARS, MIN_LINE_CHARS
from meeting_service.transcript import Transcript
from meeting_service.web import shapes
from meeting_service.web.bodies import Query, read_query
from meeting_service.web.keys import SESSIONS
from meeting_service.web.operations import Header, Operation, Reply

MAX_REVISION = 10**9 - 1


class TranscriptQuery(Query):
    """Which text."""

    revision: int | None = Field(None, ge=1, le=MAX_REVISION)
    """one of `revisions` that is done; the current one without it"""


READ = Operation(
    "Read the transcript",
    {200: Reply("All final text so far, in reading order: start time, then participant.", shapes.Transcript)},
    tag="Transcript",
    query=TranscriptQuery,
    errors=[NotFound, InvalidRequest, Conflict],
)


async def read(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/transcript."""
    transcript = await _get_transcript(request, read_query(request, TranscriptQuery).revision)
    text = await asyncio.to_thread(formats["json"].write, transcript, ExportOptions())
    return web.json_response(text=text)


class DownloadQuery(TranscriptQuery):
    """Which text, and how the file is written; a format that has no use for an option ignores it."""

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
    errors=[NotFound, InvalidRequest, Conflict],
)


async def download(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/transcript.{format}."""
    name = request.match_info["format"]
    if name not in formats:
        raise NotFound(f"there is no format {name!r}; there are: {', '.join(formats)}")
    query = read_query(request, DownloadQuery)
    options = ExportOptions(**query.model_dump(exclude={"revision"}))
    transcript = await _get_transcript(request, query.revision)
    text = await asyncio.to_thread(formats[name].write, transcript, options)
    disposition = content_disposition(transcript.meeting.title, formats[name].extension)
    return web.Response(
        body=text.encode(),
        headers={"Content-Type": formats[name].media_type, "Content-Disposition": disposition},
    )


async def _get_transcript(request: web.Request, revision: int | None) -> Transcript:
    return await request.app[SESSIONS].get_transcript(request.match_info["meeting"], revision)
