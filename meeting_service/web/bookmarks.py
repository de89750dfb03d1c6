"""Bookmarks over HTTP: moments of a meeting that somebody marked, with a note."""

from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from meeting_service.errors import Conflict, InvalidRequest, NotFound, Outdated, Unconditional
from meeting_service.ingest import clean_note
from meeting_service.transcript import Bookmark
from meeting_service.web import shapes
from meeting_service.web.bodies import Body, json_reply, read_body
from meeting_service.web.keys import SESSIONS
from meeting_service.web.numbers import MAX_OFFSET_MS, text_to_number
from meeting_service.web.operations import Header, Operation, Reply
from meeting_service.web.preconditions import ETAG, IF_MATCH, etag, read_expected

TAG = "Transcript"


class NewBookmarkBody(Body):
    """A moment."""

    at_ms: int = Field(ge=0, le=MAX_OFFSET_MS)
    note: str = ""
    """at most 1,000 characters, of several lines if you like"""


class BookmarkBody(Body):
    """What is to be another; what is left out stays."""

    at_ms: int | None = Field(None, ge=0, le=MAX_OFFSET_MS)
    note: str | None = None
    """at most 1,000 characters"""


CREATE = Operation(
    "Bookmark a moment",
    {
        201: Reply("Marked.", shapes.Bookmark, headers=[ETAG, Header("Location", "the bookmark's address")]),
        200: Reply("The same note is at that moment already.", shapes.Bookmark, headers=[ETAG]),
    },
    detail="Also while the meeting is live. A meeting has at most 500 of them.",
    tag=TAG,
    body=NewBookmarkBody,
    errors=[NotFound, InvalidRequest, Conflict],
)


async def create(request: web.Request) -> web.Response:
    """POST /v1/meetings/{meeting}/bookmarks."""
    body, meeting_id = await read_body(request, NewBookmarkBody), request.match_info["meeting"]
    editing = request.app[SESSIONS].editing
    bookmark, created = await editing.add_bookmark(meeting_id, body.at_ms, clean_note(body.note))
    place = f"/v1/meetings/{quote(meeting_id, safe='')}/bookmarks/{bookmark.id}"
    return _answer(bookmark, 201, {"Location": place}) if created else _answer(bookmark)


LIST = Operation(
    "List a meeting's bookmarks",
    {200: Reply("By time; they are in the transcript, too.", shapes.BookmarkList)},
    tag=TAG,
    errors=[NotFound],
)


async def list_all(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/bookmarks."""
    sessions, meeting_id = request.app[SESSIONS], request.match_info["meeting"]
    await sessions.get_meeting(meeting_id)
    found = await sessions.editing.list_bookmarks(meeting_id)
    return json_reply(shapes.BookmarkList(bookmarks=[shapes.bookmark_to_shape(one) for one in found]))


READ = Operation(
    "Read a bookmark",
    {200: Reply("The moment and its note.", shapes.Bookmark, headers=[ETAG])},
    tag=TAG,
    errors=[NotFound],
)


async def read(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/bookmarks/{bookmark}."""
    return _answer(await request.app[SESSIONS].store.edits.get_bookmark(*_place(request)))


CHANGE = Operation(
    "Change a bookmark",
    {200: Reply("Changed, or so already.", shapes.Bookmark, headers=[ETAG])},
    tag=TAG,
    body=BookmarkBody,
    headers=[IF_MATCH],
    errors=[NotFound, InvalidRequest, Outdated, Unconditional],
)


async def change(request: web.Request) -> web.Response:
    """PATCH /v1/meetings/{meeting}/bookmarks/{bookmark}."""
    expected = read_expected(request)
    body = await read_body(request, BookmarkBody)
    note = None if body.note is None else clean_note(body.note)
    editing = request.app[SESSIONS].editing
    return _answer(await editing.change_bookmark(*_place(request), body.at_ms, note, expected))


DELETE = Operation(
    "Delete a bookmark",
    {204: Reply("It is gone, and its note with it.")},
    tag=TAG,
    headers=[IF_MATCH],
    errors=[NotFound, InvalidRequest, Outdated, Unconditional],
)


async def delete(request: web.Request) -> web.Response:
    """DELETE /v1/meetings/{meeting}/bookmarks/{bookmark}."""
    await request.app[SESSIONS].editing.delete_bookmark(*_place(request), read_expected(request))
    return web.Response(status=204)


def _place(request: web.Request) -> tuple[str, int]:
    number = text_to_number(request.match_info["bookmark"], "the id of a bookmark")
    return request.match_info["meeting"], number


def _answer(bookmark: Bookmark, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return json_reply(
        shapes.bookmark_to_shape(bookmark), status, {**(headers or {}), **etag(bookmark.version)}
    )
