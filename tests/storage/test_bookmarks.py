"""Bookmarks as the store keeps them: only the latest of each, told with every change."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from meeting_service.errors import Conflict, NotFound, Outdated
from meeting_service.events import BookmarkChanged, BookmarkDeleted
from meeting_service.meeting import Meeting
from meeting_service.storage import Store
from meeting_service.storage.bookmarks import MAX_BOOKMARKS
from meeting_service.transcript import Bookmark
from tests.storage.conftest import START, FakeClock


async def test_a_moment_is_marked(store: Store, meeting: Meeting) -> None:
    """And told; in the transcript marks are by time, and the same mark again is the one there is."""
    later, event = await store.edits.create_bookmark("m", 9_000, "Decision:\nwe go")
    first, _ = await store.edits.create_bookmark("m", 1_000, "")
    again, nothing = await store.edits.create_bookmark("m", 9_000, "Decision:\nwe go")

    assert Bookmark(2, 9_000, "Decision:\nwe go", START, 1) == later
    assert event is not None
    assert (2, BookmarkChanged(later)) == (event.seq, event.event)
    assert [event] == await store.list_events("m", 1, 1)
    assert (later, None) == (again, nothing)
    assert [first, later] == list((await store.get_transcript("m")).bookmarks)


async def test_a_change_is_told_and_the_former_note_forgotten(
    store: Store, meeting: Meeting, clock: FakeClock
) -> None:
    """What is left out stays; the same again is no change."""
    mark, _ = await store.edits.create_bookmark("m", 1_000, "Secret")
    clock.advance(seconds=5)
    moved, _ = await store.edits.change_bookmark("m", mark.id, 2_000, None, 1)
    changed, event = await store.edits.change_bookmark("m", mark.id, None, "Public", 2)
    same, nothing = await store.edits.change_bookmark("m", mark.id, 2_000, "Public", 1)

    assert (2_000, "Secret", 2) == (moved.at_ms, moved.note, moved.version)
    assert (2_000, "Public", 3, START) == (changed.at_ms, changed.note, changed.version, changed.created_at)
    assert (changed, None) == (same, nothing)
    assert [event] == await store.list_events("m", 1)
    assert START + timedelta(seconds=5) == clock.utc_now()


async def test_the_second_of_two_editors_is_told_what_is_there(store: Store, meeting: Meeting) -> None:
    """Whether they change it or delete it."""
    mark, _ = await store.edits.create_bookmark("m", 1_000, "One")
    await store.edits.change_bookmark("m", mark.id, None, "Two", 1)

    with pytest.raises(Outdated) as refused:
        await store.edits.change_bookmark("m", mark.id, None, "Three", 1)
    with pytest.raises(Outdated):
        await store.edits.delete_bookmark("m", mark.id, 1)
    assert {"at_ms": 1_000, "note": "Two", "version": 2} == refused.value.current


async def test_a_deleted_mark_is_forgotten(store: Store, meeting: Meeting) -> None:
    """Who comes later is told only that there is none; its id is not given again."""
    mark, _ = await store.edits.create_bookmark("m", 1_000, "Secret")
    event = await store.edits.delete_bookmark("m", mark.id, 1)
    other, _ = await store.edits.create_bookmark("m", 1_000, "Secret")

    assert BookmarkDeleted(mark.id) == event.event
    assert [event.seq, event.seq + 1] == [e.seq for e in await store.list_events("m", 1)]
    assert other.id > mark.id
    with pytest.raises(NotFound):
        await store.edits.get_bookmark("m", mark.id)


async def test_a_refused_deletion_removes_no_copy(path: Path, store: Store, meeting: Meeting) -> None:
    """What an upgrade left beside the database goes only with something that is deleted."""
    mark, _ = await store.edits.create_bookmark("m", 1_000, "Secret")
    copy = path.with_name(f"{path.name}.0001.bak")
    copy.touch()
    with pytest.raises(NotFound):
        await store.edits.delete_bookmark("m", mark.id + 1, None)
    with pytest.raises(Outdated):
        await store.edits.delete_bookmark("m", mark.id, 7)
    with pytest.raises(NotFound):
        await store.delete_revision("m", 2)
    kept = copy.exists()
    await store.edits.delete_bookmark("m", mark.id, 1)

    assert (True, False) == (kept, copy.exists())


async def test_there_is_a_limit(path: Path, store: Store, meeting: Meeting) -> None:
    """Which says what to do."""
    with closing(sqlite3.connect(path)) as db, db:
        rows = [(number, number) for number in range(MAX_BOOKMARKS)]
        db.executemany("INSERT INTO bookmarks VALUES ('m', ?, ?, '', '2026-03-04 09:00:00.000000', 1)", rows)

    with pytest.raises(Conflict, match="500 bookmarks, which is the limit: delete one first"):
        await store.edits.create_bookmark("m", MAX_BOOKMARKS, "")
    with pytest.raises(NotFound):
        await store.edits.create_bookmark("n", 0, "")
