"""Search over HTTP: sentences of all meetings or of one."""

from dataclasses import replace
from datetime import datetime

from aiohttp import web
from pydantic import AwareDatetime, Field

from meeting_service.errors import InvalidRequest, NotFound, SearchTooSlow
from meeting_service.search import MAX_QUERY_CHARS, Hit, Search, mark, parse_query
from meeting_service.storage.store import Store
from meeting_service.web import shapes
from meeting_service.web.bodies import Query, json_reply, read_query
from meeting_service.web.keys import SESSIONS
from meeting_service.web.operations import Operation, Reply

MAX_SPEAKER_CHARS = 128


class WhereQuery(Query):
    """In which meetings, and whose sentences."""

    speaker: str | None = Field(None, max_length=MAX_SPEAKER_CHARS)
    """words of a name, or a participant's id"""
    since: AwareDatetime | None = Field(None, alias="from")
    """meetings that start then or later"""
    until: AwareDatetime | None = Field(None, alias="to")
    """meetings that start before"""


class SearchQuery(WhereQuery):
    """What is looked for, where, and where to go on."""

    q: str = Field(max_length=MAX_QUERY_CHARS)
    """words, all of which one sentence holds; the last may be the beginning of one; "in quotation marks" they
    stand as they do there"""
    meeting: str | None = Field(None, max_length=64)
    """only this one, by id"""
    participant: str | None = Field(None, max_length=MAX_SPEAKER_CHARS)
    """whose sentences in that meeting, by any id of theirs; in place of `speaker`"""
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=20)
    """`next_cursor` of the page before"""


SEARCH = Operation(
    "Search what was said",
    {200: Reply("Newest meeting first, in the order of what was said within one.", shapes.SearchResult)},
    detail="Finds final sentences as they are shown: of the current revision, as corrected. Case, accents "
    "and width do not matter; scripts that put no spaces between words are found by any part. Nothing but "
    "quotation marks is an operator.",
    tag="Transcript",
    query=SearchQuery,
    errors=[InvalidRequest, NotFound, SearchTooSlow],
)


async def search(request: web.Request) -> web.Response:
    """GET /v1/search."""
    query = read_query(request, SearchQuery)
    store = request.app[SESSIONS].store
    if query.meeting is not None:
        await store.get_meeting(query.meeting)
    wanted = to_search(query.q, query.speaker, query.since, query.until)
    if query.participant is not None:
        wanted = replace(wanted, speaker=await _get_person(store, query), names=())
    page = await store.list_hits(wanted, meeting_id=query.meeting, limit=query.limit, cursor=query.cursor)
    hits = [hit_to_shape(hit, wanted) for hit in page.hits]
    return json_reply(shapes.SearchResult(hits=hits, next_cursor=page.next_cursor))


async def _get_person(store: Store, query: SearchQuery) -> str:
    """Under which id the participant is shown who is asked for.

    Raises:
        InvalidRequest: without a meeting, or with words of a name too.
        NotFound: nobody has that id.
    """
    if query.meeting is None:
        raise InvalidRequest("an id of a participant is one of a meeting: give `meeting` too")
    if query.speaker is not None:
        raise InvalidRequest("give either `participant` or `speaker`")
    people = (await store.list_people([query.meeting]))[query.meeting]
    if query.participant not in people:
        raise NotFound(f"there is no participant {query.participant} in meeting {query.meeting}")
    return people[query.participant].id


def to_search(
    q: str | None, speaker: str | None, since: datetime | None = None, until: datetime | None = None
) -> Search:
    """What is looked for, as the store takes it; what is blank is not asked for."""
    named = speaker.strip() if speaker else None
    return Search(parse_query(q or ""), named or None, since, until)


def hit_to_shape(hit: Hit, search: Search) -> shapes.SearchHit:
    """As answers show a hit."""
    parts = [shapes.SnippetPart(text=part.text, match=part.match) for part in mark(hit.text, search.phrases)]
    return shapes.SearchHit(
        meeting_id=hit.meeting_id,
        title=hit.title,
        started_at=hit.started_at,
        sentence_id=hit.sentence_id,
        participant_id=hit.participant_id,
        participant=hit.participant,
        start_ms=hit.start_ms,
        end_ms=hit.end_ms,
        snippet=parts,
    )
