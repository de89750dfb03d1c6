"""The list of meetings: what is live first, search with what was said, and paging. Complete as sent."""

from aiohttp import web

from meeting_service.meeting import Meeting, MeetingState
from meeting_service.search import EVERYTHING, Search
from meeting_service.web.assets import render_page
from meeting_service.web.keys import CLOCK, SESSIONS
from meeting_service.web.listing_view import ListQuery, ListRow, meeting_to_list_row
from meeting_service.web.view import condition_to_trouble

LIVE_STATES = (MeetingState.LIVE, MeetingState.ENDING)
PER_PAGE = 30
MAX_LIVE = 100
"""shown first, of each state; what is live beyond these is in its place among the others"""
HITS_EACH = 3
MAX_SPEAKERS = 100


async def meetings(request: web.Request) -> web.Response:
    """GET /: live meetings first, then the others, newest first; of a search all in one list.

    Further pages have every meeting in its place, so that each is on some page however many are live.
    """
    query = ListQuery.of(request.query)
    store = request.app[SESSIONS].store
    search = await store.look_up_names(query.search)
    page = await store.list_meetings(search=search, limit=PER_PAGE, cursor=query.cursor)
    live = [] if query.cursor or query.asked else await _list_live(request)
    known = {meeting.id for meeting in live}
    past = [meeting for meeting in page.meetings if meeting.id not in known]
    rows = await _to_rows(request, [*live, *past], search)
    speakers = {name: None for row in rows for name in row.meeting.names}
    context = {
        "live": rows[: len(live)],
        "past": rows[len(live) :],
        "query": query,
        "next": query.link(cursor=page.next_cursor) if page.next_cursor else None,
        "speakers": list(speakers)[:MAX_SPEAKERS],
        "trouble": condition_to_trouble(request.app[SESSIONS].condition),
        "origin": f"{request.scheme}://{request.host}",
    }
    return render_page(request, "meetings.html", context)


async def _list_live(request: web.Request) -> list[Meeting]:
    found: list[Meeting] = []
    for state in LIVE_STATES:
        page = await request.app[SESSIONS].store.list_meetings(state=state, limit=MAX_LIVE)
        found.extend(page.meetings)
    return found


async def _to_rows(request: web.Request, shown: list[Meeting], search: Search) -> list[ListRow]:
    store, now = request.app[SESSIONS].store, request.app[CLOCK].utc_now()
    ids = [meeting.id for meeting in shown]
    people = await store.list_people(ids)
    found = {} if search == EVERYTHING else await store.find_in_meetings(search, ids, HITS_EACH)
    return [meeting_to_list_row(m, people[m.id], search, found.get(m.id), now) for m in shown]
