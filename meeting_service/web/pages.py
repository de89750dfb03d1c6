"""Pages for people: the list of meetings and a meeting. Complete as sent; scripts only keep them current."""

from typing import Any

from aiohttp import web

from meeting_service.condition import Condition
from meeting_service.exports import Preset, Purpose, formats
from meeting_service.meeting import Meeting, MeetingState
from meeting_service.web.assets import render_page
from meeting_service.web.keys import CLOCK, SESSIONS, SETTINGS
from meeting_service.web.revision_view import revisions_to_view
from meeting_service.web.revisions import to_number
from meeting_service.web.view import (
    MeetingRow,
    condition_to_trouble,
    meeting_to_row,
    transcript_to_view,
)

LIVE_STATES = (MeetingState.LIVE, MeetingState.ENDING)
PER_PAGE = 30
MAX_LIVE = 100
"""shown first, of each state; what is live beyond these is in its place among the others"""
FORMATS = {
    purpose: {name: form for name, form in formats.items() if form.purpose is purpose} for purpose in Purpose
}
"""the download menu"""


async def meetings(request: web.Request) -> web.Response:
    """GET /: live meetings first, then the others, newest first.

    Further pages have every meeting in its place, so that each is on some page however many are live.
    """
    q = request.query.get("q", "").strip()[:200]
    cursor = request.query.get("cursor") or None
    store = request.app[SESSIONS].store
    page = await store.list_meetings(q=q or None, limit=PER_PAGE, cursor=cursor)
    live = [] if cursor else await _list_live(request, q)
    known = {meeting.id for meeting in live}
    past = [meeting for meeting in page.meetings if meeting.id not in known]
    context = {
        "live": [await _to_row(request, meeting) for meeting in live],
        "past": [await _to_row(request, meeting) for meeting in past],
        "next_cursor": page.next_cursor,
        "q": q,
        "first_page": cursor is None,
        "trouble": _find_trouble(request),
        "origin": f"{request.scheme}://{request.host}",
    }
    return render_page(request, "meetings.html", context)


async def meeting(request: web.Request) -> web.Response:
    """GET /meetings/{meeting}."""
    wanted = None if "revision" not in request.query else to_number(request.query["revision"])
    return render_page(request, "meeting.html", await read_meeting(request, wanted))


async def read_meeting(request: web.Request, wanted: int | None) -> dict[str, Any]:
    """What `meeting.html` shows of the meeting that the address names.

    Raises:
        NotFound: there is no such meeting, or it has no revision `wanted`.
    """
    sessions = request.app[SESSIONS]
    meeting_id = request.match_info["meeting"]
    # Read before the text: an event in between comes again, which is harmless; none is missed.
    after = await sessions.store.last_seq(meeting_id)
    transcript = await sessions.get_transcript(meeting_id, wanted)
    found = await sessions.store.list_revisions(meeting_id)
    models = request.app[SETTINGS].model.names
    return {
        "view": transcript_to_view(
            transcript, request.app[CLOCK].utc_now(), after, sessions.behind_ms(meeting_id)
        ),
        "revisions": revisions_to_view(found, transcript.revision, models, pinned=wanted is not None),
        "formats": FORMATS,
        "presets": list(Preset),
        "trouble": _find_trouble(request),
        "audio_removed_at": transcript.meeting.audio_removed_at,
        "audio_until": sessions.keeping.rules.audio_until(transcript.meeting),
    }


def _find_trouble(request: web.Request) -> Condition | None:
    """What concerns every meeting now, if anything does."""
    return condition_to_trouble(request.app[SESSIONS].condition)


async def _list_live(request: web.Request, q: str) -> list[Meeting]:
    found: list[Meeting] = []
    for state in LIVE_STATES:
        page = await request.app[SESSIONS].store.list_meetings(state=state, q=q or None, limit=MAX_LIVE)
        found.extend(page.meetings)
    return found


async def _to_row(request: web.Request, meeting: Meeting) -> MeetingRow:
    participants = await request.app[SESSIONS].store.list_participants(meeting.id)
    return meeting_to_row(meeting, participants, request.app[CLOCK].utc_now())
