"""Pages on which people take part from a browser: a meeting begun by a click, and a meeting's own page with
a microphone. Their audio comes over the same socket as a bot's."""

import secrets
from typing import Annotated
from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from meeting_service.ingest import check_meeting_id, clean_title
from meeting_service.meeting import MeetingState, NewMeeting
from meeting_service.sessions import SessionManager
from meeting_service.web.assets import render_page
from meeting_service.web.bodies import Body, read_form
from meeting_service.web.keys import CLOCK, SESSIONS
from meeting_service.web.pages import read_meeting
from meeting_service.web.security import allow_talking


class NewMeetingForm(Body):
    """What who begins a meeting may say about it."""

    title: Annotated[str, Field(max_length=1_000)] = ""
    id: str | None = None
    """that the page gave the meeting: a button that is pressed twice begins one"""


async def new(request: web.Request) -> web.Response:
    """GET /talk: where a meeting begins."""
    return render_page(request, "talk_new.html", {"id": secrets.token_hex(8)})


async def start(request: web.Request) -> web.Response:
    """POST /talk: make a meeting and go there to take part."""
    form = await read_form(request, NewMeetingForm)
    title = clean_title(form.title) if form.title.strip() else None
    meeting_id = await _begin(request.app[SESSIONS], form.id or None, title)
    raise web.HTTPSeeOther(f"/meetings/{quote(meeting_id, safe='')}/talk")


async def _begin(sessions: SessionManager, form_id: str | None, title: str | None) -> str:
    """The id of a form's meeting; if that is over or has another title, of the next that the form begins."""
    wanted, n = form_id, 0
    while True:
        checked = check_meeting_id(wanted) if wanted else None
        meeting, _ = await sessions.create_meeting(NewMeeting(id=checked, title=title))
        if meeting.state == MeetingState.LIVE and title in (None, meeting.title):
            return meeting.id
        n += 1
        wanted = f"{form_id}-{n}"


async def talk(request: web.Request) -> web.Response:
    """GET /meetings/{meeting}/talk: the meeting's page with a microphone; without, once it is over."""
    context = await read_meeting(request, None)
    meeting = context["view"].meeting
    if meeting.state != MeetingState.LIVE:
        raise web.HTTPSeeOther(f"/meetings/{quote(meeting.id, safe='')}")
    # Who talks is placed by the service's clock: people's own may be minutes off.
    now_ms = round(request.app[CLOCK].utc_now().timestamp() * 1_000)
    link = f"{request.scheme}://{request.host}{request.path}"
    context |= {"now_ms": now_ms, "link": link, "more_words": ["talk"]}
    response = render_page(request, "talk.html", context)
    allow_talking(response)
    return response
