"""The search index: an entry for every sentence, and SQLite's full-text index (FTS5) over their words.

An entry's number is its place among all: meetings by their start, in a meeting what is said first above what
is said later, so that the index walked downwards gives hits in the order in which they are shown. The index
takes its words from the entries and is changed in the same transactions. What is deleted goes through
`search_removed`, which a trigger fills, however it came to be deleted; and for as long as `search_state` is
not clean, the index may still hold deleted words in parts that nothing reads, until `erase_step` merges them.
"""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, delete, func, select, text, update

from meeting_service.search import text_to_words
from meeting_service.storage.schema import meetings, search_entries, search_removed, search_state
from meeting_service.storage.sqlite import mark_for_renewal
from meeting_service.transcript import Sentence

STEP_ENTRIES = 2_000
"""that were deleted, of which one step of an erasure tells the index"""
STEP_PAGES = 1_000
"""of the index, 4 kB each, that one step of an erasure rewrites"""

_START_BITS = 31
_LAST = (1 << _START_BITS) - 1
_MAX_SECONDS = (1 << 32) - 1

_ADD_ENTRY = text(
    "INSERT INTO search_entries (place, meeting_id, sentence_id, revision, words) "
    "SELECT :place, :meeting_id, :sentence_id, :revision, :words "
    "WHERE NOT EXISTS (SELECT 1 FROM search_removed WHERE place = :place) ON CONFLICT (place) DO NOTHING"
)
_NEXT_FREE = """
coalesce((SELECT place - 1 FROM {} t WHERE place <= :place
AND NOT EXISTS (SELECT 1 FROM search_entries WHERE place = t.place - 1)
AND NOT EXISTS (SELECT 1 FROM search_removed WHERE place = t.place - 1)
ORDER BY place DESC LIMIT 1), -1)
"""
# Above the nearest free place below a taken one is a taken one.
_FIND_PLACE = text(
    f"SELECT max({_NEXT_FREE.format('search_entries')}, {_NEXT_FREE.format('search_removed')})"
)
_ADD = text("INSERT INTO search_index (rowid, words) VALUES (:place, :words)")
_REMOVE = text("INSERT INTO search_index (search_index, rowid, words) VALUES ('delete', :place, :words)")
_MERGE = text("INSERT INTO search_index (search_index, rank) VALUES ('merge', :pages)")


def index_sentences(db: Connection, meeting_id: str, revision: int, new: Sequence[Sentence]) -> None:
    """Have sentences found that are kept in the same transaction."""
    started_at = db.execute(select(meetings.c.started_at).where(meetings.c.id == meeting_id)).scalar_one()
    added = []
    for sentence in new:
        words = text_to_words(sentence.text)
        values = {"meeting_id": meeting_id, "sentence_id": sentence.id, "revision": revision, "words": words}
        place = _take_place(db, _place(started_at, sentence.start_ms), values)
        added.append({"place": place, "words": words})
    # FTS5 gathers what comes in the order of places, and writes each by itself otherwise.
    for entry in sorted(added, key=itemgetter("place")):
        db.execute(_ADD, entry)


def index_text(db: Connection, meeting_id: str, sentence_id: str, shown: str) -> None:
    """Have a sentence found by another text from now on: the one it is shown with."""
    of = (search_entries.c.meeting_id == meeting_id, search_entries.c.sentence_id == sentence_id)
    row = db.execute(select(search_entries.c.place, search_entries.c.words).where(*of)).one_or_none()
    if row is None or row.words == (words := text_to_words(shown)):
        return
    db.execute(_REMOVE, row._asdict())
    db.execute(update(search_entries).where(*of).values(words=words))
    db.execute(_ADD, {"place": row.place, "words": words})


def erase_step(db: Connection) -> bool:
    """Have the index let go of some of what was deleted; whether it was the rest."""
    rows = db.execute(select(search_removed).limit(STEP_ENTRIES)).all()
    for row in rows:
        db.execute(_REMOVE, row._asdict())
    if rows:
        db.execute(delete(search_removed).where(search_removed.c.place.in_([row.place for row in rows])))
        db.execute(update(search_state).values(state="dirty"))
        return False
    state = db.scalar(select(search_state.c.state))
    return state == "clean" or _rewrite(db, begun=state == "merging")


def places_of(started_at: datetime) -> tuple[int, int]:
    """The first and the last place that entries of a meeting with that start may have."""
    first = _seconds(started_at) << _START_BITS
    return first, first + _LAST


def _rewrite(db: Connection, *, begun: bool) -> bool:
    """Merge some of the index into one part that holds nothing that was deleted; whether it is done."""
    before = _count_changes(db)
    db.execute(_MERGE, {"pages": STEP_PAGES if begun else -STEP_PAGES})  # below 0: take in every part
    done = _count_changes(db) - before < 2
    if done:
        mark_for_renewal(db)  # the parts that were merged have left copies in pages
    db.execute(update(search_state).values(state="clean" if done else "merging"))
    return done


def _take_place(db: Connection, place: int, values: dict[str, Any]) -> int:
    """Add an entry at the nearest place below that is free, in the index too."""
    if not db.execute(_ADD_ENTRY, {"place": place, **values}).rowcount:
        place = db.execute(_FIND_PLACE, {"place": place}).scalar_one()
        db.execute(_ADD_ENTRY, {"place": place, **values})
    return place


def _place(started_at: datetime, start_ms: int) -> int:
    first, last = places_of(started_at)
    return last - min(max(start_ms, 0), last - first)


def _seconds(moment: datetime) -> int:
    return min(max(int(moment.timestamp()), 0), _MAX_SECONDS)


def _count_changes(db: Connection) -> int:
    return int(db.execute(select(func.total_changes())).scalar_one())
