"""The transcript over HTTP: as JSON, and as files to take away, also while the meeting is live."""

import asyncio

from aiohttp import web
from pydantic import Field

from meeting_service.errors import Conflict, InvalidRequest, NotFound
from meeting_service.exports import ExportOptions, Preset, content_disposition, formats, make_download
from meeting_service.exports.json import write_json
from meeting_service.exports.options import MAX_LINE_CHARS, MIN_LINE_CHARS
from meeting_service.meeting import MeetingState
from meeting_service.transcript import Transcript
from meeting_service.web import shapes
from meeting_service.web.bodies import Query, read_query
from meeting_service.web.keys import CLOCK, SESSIONS
from meeting_service.web.numbers import MAX_OFFSET_MS
from meeting_service.web.operations import Header, Operation, Reply

MAX_REVISION = 10**9 - 1
MAX_PARTICIPANT_CHARS = 128
TRANSCRIPT_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **shapes.Transcript.model_json_schema(mode="serialization"),
}


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
    text = await asyncio.to_thread(write_json, transcript)
    return web.json_response(text=text)


class DownloadQuery(TranscriptQuery):
    """Which text, and how the file is written; a format that has no use for an option ignores it."""

    names: bool = True
    """say who speaks; files for programs number the speakers instead"""
    times: bool = True
    """say when, in what people read"""
    preset: Preset = Preset.NETFLIX
    """the rules captions keep to: length of lines, time on the screen, reading speed"""
    line_chars: int | None = Field(None, ge=MIN_LINE_CHARS, le=MAX_LINE_CHARS)
    """characters a line may have; the preset's without it"""
    keep_overlaps: bool = False
    """in SRT, let captions of people who talk over each other overlap in time"""
    participant: str | None = Field(None, max_length=MAX_PARTICIPANT_CHARS)
    """only this one, by id or by a name that is one's own"""
    from_ms: int | None = Field(None, ge=0, le=MAX_OFFSET_MS)
    """only what is said after this offset"""
    to_ms: int | None = Field(None, ge=0, le=MAX_OFFSET_MS)
    """only what is said before this offset"""
    per_participant: bool = False
    """a ZIP with a file for each participant"""


DOWNLOAD = Operation(
    "Download the transcript",
    {
        200: Reply(
            "A file.",
            media="text/plain",
            headers=[Header("Content-Disposition", "attachment, with a file name made of the title")],
        )
    },
    detail=f"Formats: {', '.join(formats)}. While the meeting is live, what is final so far. "
    "Options are the same for all; one that a format has no use for is ignored.",
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
    transcript = await _get_transcript(request, query.revision)
    over = transcript.meeting.state is MeetingState.ENDED
    as_of = None if over else request.app[CLOCK].utc_now()
    options = ExportOptions(**query.model_dump(exclude={"revision"}), as_of=as_of)
    made = await asyncio.to_thread(make_download, transcript, name, options)
    disposition = content_disposition(transcript.meeting.title, made.extension, made.whose)
    return web.Response(
        body=made.content, headers={"Content-Type": made.media_type, "Content-Disposition": disposition}
    )


SCHEMA = Operation(
    "Read the schema of the transcript",
    {200: Reply("JSON Schema (2020-12) of the transcript as JSON.", media="application/schema+json")},
    tag="Transcript",
)


async def schema(_request: web.Request) -> web.Response:
    """GET /v1/schemas/transcript.json."""
    return web.json_response(TRANSCRIPT_SCHEMA, content_type="application/schema+json")


async def _get_transcript(request: web.Request, revision: int | None) -> Transcript:
    return await request.app[SESSIONS].get_transcript(request.match_info["meeting"], revision)
