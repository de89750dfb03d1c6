"""A meeting's page. Complete as sent; scripts only keep it current."""

from typing import Any

from aiohttp import web

from meeting_service.condition import Condition
from meeting_service.exports import Preset, Purpose, formats
from meeting_service.exports.options import MAX_LINE_CHARS, MIN_LINE_CHARS
from meeting_service.web.assets import render_page
from meeting_service.web.finding import find
from meeting_service.web.keys import CLOCK, SESSIONS, SETTINGS
from meeting_service.web.revision_view import revisions_to_view
from meeting_service.web.revisions import to_number
from meeting_service.web.view import condition_to_trouble, transcript_to_view

FORMATS = {
    purpose: {name: form for name, form in formats.items() if form.purpose is purpose} for purpose in Purpose
}
"""the download menu"""


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
        "find": await find(request, meeting_id),
        "formats": FORMATS,
        "presets": list(Preset),
        "line_chars": (MIN_LINE_CHARS, MAX_LINE_CHARS),
        "trouble": _find_trouble(request),
        "audio_removed_at": transcript.meeting.audio_removed_at,
        "audio_until": sessions.keeping.rules.audio_until(transcript.meeting),
    }


def _find_trouble(request: web.Request) -> Condition | None:
    """What concerns every meeting now, if anything does."""
    return condition_to_trouble(request.app[SESSIONS].condition)
