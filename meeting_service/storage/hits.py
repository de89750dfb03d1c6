"""What a search finds: sentences as they are shown, and the conditions on meetings that go with them."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    TextClause,
    TextualSelect,
    and_,
    bindparam,
    false,
    or_,
    select,
    text,
)

from meeting_service.errors import InvalidRequest
from meeting_service.meeting import Participant, merge_people, people_by_id
from meeting_service.search import Found, Hit, HitPage, Phrase, Search, matches, parse_query
from meeting_service.storage.columns import UtcDateTime
from meeting_service.storage.current import until_ms
from meeting_service.storage.schema import meetings, participants
from meeting_service.storage.search_index import places_of

MAX_HITS = 500
"""on a page, and of one meeting that are counted"""
MANY_HITS = 200
"""from so many on meetings are looked into one after another: a page of them is soon full"""
_HIGHEST = (1 << 63) - 1

# The joins are CROSS so that the index is walked, in its order, and the rest is looked up for what it gives.
_MATCHING = """
FROM search_index
CROSS JOIN search_entries e ON e.place = search_index.rowid
CROSS JOIN sentences s ON s.meeting_id = e.meeting_id AND s.id = e.sentence_id
CROSS JOIN meetings m ON m.id = e.meeting_id
WHERE search_index MATCH :match
AND e.revision = coalesce(
    (SELECT max(r.number) FROM revisions r WHERE r.meeting_id = e.meeting_id AND r.state = 'done'), 1)
"""
_SHOWN = """
SELECT e.place, e.meeting_id, m.title, m.started_at,
    e.sentence_id, s.participant_id, s.start_ms, s.end_ms, s.text
"""
_HITS = f"{_SHOWN} {_MATCHING} AND search_index.rowid BETWEEN :lowest AND :highest"
_AT_PLACES = f"""
{_SHOWN} FROM json_each(:places) p
CROSS JOIN search_entries e ON e.place = p.value
CROSS JOIN sentences s ON s.meeting_id = e.meeting_id AND s.id = e.sentence_id
CROSS JOIN meetings m ON m.id = e.meeting_id
ORDER BY e.place DESC
"""
_FIRST_PLACE = (
    "(min(max(CAST(strftime('%s', substr(meetings.started_at, 1, 19)) AS INTEGER), 0), 4294967295) << 31)"
)
_SPEAKERS = """
WITH RECURSIVE them (meeting_id, id) AS (
    SELECT p.meeting_id, p.id FROM participants p
    WHERE p.id = :speaker OR (p.merged_into IS NULL AND p.name IN (SELECT value FROM json_each(:names)))
    UNION
    SELECT p.meeting_id, p.id FROM participants p
    JOIN them ON p.meeting_id = them.meeting_id AND p.merged_into = them.id
)
"""
_SAID_BY = f"AND (s.meeting_id, s.participant_id) IN ({_SPEAKERS} SELECT meeting_id, id FROM them)"  # noqa: S608
_ARE_IN = f"meetings.id IN ({_SPEAKERS} SELECT meeting_id FROM them)"  # noqa: S608 - of constants
_WITHIN = f"""
{_MATCHING} AND e.meeting_id = meetings.id
AND search_index.rowid BETWEEN {_FIRST_PLACE} AND {_FIRST_PLACE} + (1 << 31) - 1
"""


def list_hits(
    db: Connection, search: Search, meeting_id: str | None, limit: int, cursor: str | None
) -> HitPage:
    """A page of hits, in all meetings or in one; none where no word is looked for.

    Raises:
        InvalidRequest: a cursor that no page of hits gave.
    """
    limit = min(max(limit, 1), MAX_HITS)
    highest = _HIGHEST if cursor is None else _cursor_to_place(cursor)
    rows = _list_rows(db, search, meeting_id, limit + 1, highest)
    more = len(rows) > limit
    return HitPage(_rows_to_hits(db, rows[:limit]), str(rows[limit - 1].place - 1) if more else None)


def find_in_meetings(
    db: Connection, search: Search, meeting_ids: Sequence[str], each: int
) -> dict[str, Found]:
    """How many sentences are found in each meeting, up to so many, and the first few of them."""
    counts = _count_in_meetings(db, search, meeting_ids, each)
    places = [place for _, first in counts.values() for place in first]
    rows = db.execute(_to_hits(text(_AT_PLACES)), {"places": json.dumps(places)}).all()
    hits: dict[str, list[Hit]] = {meeting_id: [] for meeting_id in meeting_ids}
    for hit in _rows_to_hits(db, rows):
        hits[hit.meeting_id].append(hit)
    found = {meeting_id: counts.get(meeting_id, (0, []))[0] for meeting_id in meeting_ids}
    return {key: Found(min(n, MAX_HITS), n > MAX_HITS, hits[key]) for key, n in found.items()}


def are_meetings(db: Connection, search: Search) -> list[ColumnElement[bool] | TextClause]:
    """What is true of the meetings that are looked for: their start, who is in them, title or text."""
    conditions: list[ColumnElement[bool] | TextClause] = []
    if search.since is not None:
        conditions.append(meetings.c.started_at >= search.since)
    if search.until is not None:
        conditions.append(meetings.c.started_at < search.until)
    if search.speaker is not None:
        conditions.append(_bind(text(_ARE_IN), search))
    if search.phrases:
        conditions.append(or_(_is_titled(search.phrases), _is_mentioned(db, search)))
    return conditions


def phrases_to_match(phrases: Sequence[Phrase]) -> str | None:
    """What FTS5 is asked; None where no word is looked for. Words are quoted, so that none is an operator."""
    asked = [p for p in phrases if p.terms]
    return " AND ".join(f'"{" ".join(p.terms)}"{" *" if p.begun else ""}' for p in asked) or None


def _list_rows(
    db: Connection, search: Search, meeting_id: str | None, limit: int, highest: int
) -> Sequence[Row[Any]]:
    """Hits from a place downwards, at most so many."""
    match = phrases_to_match(search.phrases)
    if match is None:
        return []
    lowest, highest = _narrow(db, search, meeting_id, highest)
    asked = [_HITS]
    asked += ["AND e.meeting_id = :meeting_id"] * (meeting_id is not None)
    asked += [*_list_conditions(search), "ORDER BY search_index.rowid DESC LIMIT :limit"]
    values: dict[str, Any] = {"match": match, "lowest": lowest, "highest": highest, "limit": limit}
    if meeting_id is not None:
        values["meeting_id"] = meeting_id
    return db.execute(_to_hits(_bind(text(" ".join(asked)), search)), values).all()


def _count_in_meetings(
    db: Connection, search: Search, meeting_ids: Sequence[str], each: int
) -> dict[str, tuple[int, list[int]]]:
    """How many hits each meeting has, at most one above the limit, and the places of the first of them."""
    match = phrases_to_match(search.phrases)
    if match is None:
        return {}
    within = " ".join((_WITHIN, *_list_conditions(search)))
    first = f"SELECT e.place {within} ORDER BY search_index.rowid DESC LIMIT :each"
    counted = f"(SELECT count(*) FROM (SELECT 1 {within} LIMIT :limit))"  # noqa: S608
    gathered = f"(SELECT json_group_array(place) FROM ({first}))"  # noqa: S608
    among = "meetings WHERE id IN (SELECT value FROM json_each(:ids))"
    query = text(f"SELECT id, {counted}, {gathered} FROM {among}")  # noqa: S608 - of constants
    values = {"match": match, "each": each, "limit": MAX_HITS + 1, "ids": json.dumps(meeting_ids)}
    rows = db.execute(_bind(query, search), values).all()
    return {meeting_id: (count, json.loads(places)) for meeting_id, count, places in rows}


def _list_conditions(search: Search) -> list[str]:
    """What else is true of a hit."""
    asked = ["AND m.started_at >= :since"] * (search.since is not None)
    asked += ["AND m.started_at < :until"] * (search.until is not None)
    return asked + [_SAID_BY] * (search.speaker is not None)


def _to_hits(query: TextClause) -> TextualSelect:
    return query.columns(started_at=UtcDateTime)


def _narrow(db: Connection, search: Search, meeting_id: str | None, highest: int) -> tuple[int, int]:
    """The places between which hits can be."""
    starts = [search.since, search.until]
    if meeting_id is not None:
        starts = [db.scalar(select(meetings.c.started_at).where(meetings.c.id == meeting_id))] * 2
    since, until = starts
    lowest = 0 if since is None else places_of(since)[0]
    return lowest, highest if until is None else min(highest, places_of(until)[1])


def _bind(query: TextClause, search: Search) -> TextClause:
    """Give a query what it asks of the moments and the speaker that are wanted."""
    for name in ("since", "until"):
        if f":{name}" in query.text:
            query = query.bindparams(bindparam(name, getattr(search, name), UtcDateTime))
    if search.speaker is None:
        return query
    names = json.dumps(list(search.names or ()), ensure_ascii=False)
    return query.bindparams(bindparam("names", names), bindparam("speaker", search.speaker))


def list_names(db: Connection) -> list[str]:
    """Every name that somebody has."""
    return list(db.scalars(select(participants.c.name).distinct()))


def choose_names(names: Iterable[str], wanted: str) -> tuple[str, ...]:
    """The names that are meant by a person's words: those that hold them all. Takes some 10 us a name."""
    phrases = parse_query(wanted)
    return tuple(name for name in names if matches(name, phrases))


def _is_titled(phrases: Sequence[Phrase]) -> ColumnElement[bool]:
    return and_(*(meetings.c.title_folded.contains(p.folded, autoescape=True) for p in phrases))


def _is_mentioned(db: Connection, search: Search) -> ColumnElement[bool] | TextClause:
    match = phrases_to_match(search.phrases)
    if match is None:
        return false()
    said_by = _SAID_BY if search.speaker is not None else ""
    lowest, highest = _narrow(db, search, None, _HIGHEST)
    values = {"match": match, "lowest": lowest, "highest": highest, "limit": MANY_HITS}
    near = "AND search_index.rowid BETWEEN :lowest AND :highest"
    few = text(f"SELECT e.meeting_id {_MATCHING} {near} {said_by} LIMIT :limit")
    found = db.scalars(_bind(few, search), values).all()
    if len(found) < MANY_HITS:
        return meetings.c.id.in_(set(found))
    return _bind(text(f"EXISTS (SELECT 1 {_WITHIN} {said_by})").bindparams(match=match), search)


def _rows_to_hits(db: Connection, rows: Sequence[Row[Any]]) -> list[Hit]:
    people = list_people(db, {row.meeting_id for row in rows})
    hits = []
    for row in rows:
        person = people[row.meeting_id].get(row.participant_id)
        hits.append(
            Hit(
                meeting_id=row.meeting_id,
                title=row.title,
                started_at=row.started_at,
                sentence_id=row.sentence_id,
                participant_id=row.participant_id if person is None else person.id,
                participant=row.participant_id if person is None else person.name,
                start_ms=row.start_ms,
                end_ms=row.end_ms,
                text=row.text,
            )
        )
    return hits


def list_people(db: Connection, meeting_ids: Collection[str]) -> dict[str, dict[str, Participant]]:
    """Who is meant by every id of some meetings, in the order they came; of the figures only `until_ms`."""
    of = participants.c.meeting_id.in_(meeting_ids)
    columns = (participants.c.meeting_id, participants.c.id, participants.c.name, participants.c.merged_into)
    found = select(*columns, until_ms().label("until_ms")).where(of).order_by(participants.c.position)
    rows = db.execute(found).all()
    known: dict[str, list[Participant]] = {meeting_id: [] for meeting_id in meeting_ids}
    for row in rows:
        known[row.meeting_id].append(
            Participant(row.meeting_id, row.id, row.name, until_ms=row.until_ms, merged_into=row.merged_into)
        )
    return {meeting_id: _to_people(people) for meeting_id, people in known.items()}


def _to_people(everybody: Sequence[Participant]) -> dict[str, Participant]:
    by_id = {person.id: person for person in merge_people(everybody)}
    return {alias: by_id[person] for alias, person in people_by_id(everybody).items()}


def _cursor_to_place(cursor: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", cursor) or int(cursor) > _HIGHEST:
        raise InvalidRequest("the cursor is not one that a search gave")
    return int(cursor)
