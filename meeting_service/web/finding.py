"""Searching on a meeting's page: what was found in it, as the page shows it without scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from meeting_service.errors import SearchTooSlow
from meeting_service.search import MAX_QUERY_CHARS, Part, Search, mark, parse_query
from meeting_service.web.keys import SESSIONS
from meeting_service.web.listing_view import HitRow, marked_to_row
from meeting_service.web.searches import MAX_SPEAKER_CHARS

MAX_FOUND = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody looked for in a meeting, and what there is of it."""

    q: str
    speaker: str
    """whose sentences, by id; nothing: everybody's"""
    hits: Sequence[HitRow]
    marks: Mapping[str, Sequence[Part]]
    """the whole sentences, by id"""
    more: bool
    """whether there is more than is shown"""
    failed: bool = False
    """whether the search was ended before it had found anything"""


async def find(request: web.Request, meeting_id: str) -> Finding:
    """What the address of a meeting's page asks for with `q` and `speaker`."""
    q = request.query.get("q", "").strip()[:MAX_QUERY_CHARS]
    speaker = request.query.get("speaker", "")[:MAX_SPEAKER_CHARS]
    if not q:
        return Finding("", speaker, (), {}, more=False)
    search = Search(parse_query(q), speaker or None, names=())
    store = request.app[SESSIONS].store
    try:
        page = await store.list_hits(search, meeting_id=meeting_id, limit=MAX_FOUND)
    except SearchTooSlow:
        return Finding(q, speaker, (), {}, more=False, failed=True)
    marks = {hit.sentence_id: mark(hit.text, search.phrases) for hit in page.hits}
    rows = [marked_to_row(hit, marks[hit.sentence_id]) for hit in page.hits]
    return Finding(q, speaker, rows, marks, more=page.next_cursor is not None)
