"""A meeting renamed or deleted without scripts: a page that asks, and what its forms send."""

from aiohttp import web

from meeting_service.ingest import clean_title
from meeting_service.web.assets import render_page
from meeting_service.web.bodies import Body, read_form
from meeting_service.web.keys import CLOCK, SESSIONS
from meeting_service.web.view import meeting_to_row


class TitleForm(Body):
    """The new title."""

    title: str


class EmptyForm(Body):
    """Nothing: the button was pressed."""


async def manage(request: web.Request) -> web.Response:
    """GET /meetings/{meeting}/manage: forms to rename and to delete it."""
    sessions = request.app[SESSIONS]
    meeting = await sessions.get_meeting(request.match_info["meeting"])
    people = await sessions.list_participants(meeting.id)
    context = {"meeting": meeting_to_row(meeting, people, request.app[CLOCK].utc_now())}
    return render_page(request, "manage.html", context)


async def rename(request: web.Request) -> web.Response:
    """POST /meetings/{meeting}/rename, then back to the list."""
    form = await read_form(request, TitleForm)
    await request.app[SESSIONS].rename_meeting(request.match_info["meeting"], clean_title(form.title))
    raise web.HTTPSeeOther("/")


async def delete(request: web.Request) -> web.Response:
    """POST /meetings/{meeting}/delete: everything of it, then back to the list."""
    await read_form(request, EmptyForm)
    await request.app[SESSIONS].delete_meeting(request.match_info["meeting"])
    raise web.HTTPSeeOther("/")
