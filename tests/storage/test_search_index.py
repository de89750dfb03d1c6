"""The index: as the text is, whatever becomes of it; of what is deleted nothing stays."""

import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen

from meeting_service.meeting import MeetingState, NewMeeting, Stream
from meeting_service.search import Search, parse_query, text_to_words
from meeting_service.storage import Store, migrate
from meeting_service.storage.database import Database
from meeting_service.storage.schema import sentences
from meeting_service.storage.search_index import index_sentences, places_of
from meeting_service.storage.sqlite import make_migrator
from tests.storage.conftest import START, FakeClock, checkpoint_at, make_sentence
from tests.storage.test_migrate import make_former
from tests.storage.test_renewal import NO_DISK, is_due, wait_until

WORDS = ("alder", "birch", "cedar", "dogwood", "elm", "fir")


def check(path: Path) -> str:
    """The state of the index, after making sure that it is that of the sentences as they are."""
    with closing(sqlite3.connect(path)) as db:
        said = db.execute("SELECT meeting_id, id, revision, text FROM sentences").fetchall()
        entries = db.execute("SELECT meeting_id, sentence_id, revision, words FROM search_entries").fetchall()
        removed = db.execute("SELECT count(*) FROM search_removed").fetchone()[0]
        if not removed:  # raises where the index is not that of the entries
            db.execute("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)")
        (state,) = db.execute("SELECT state FROM search_state").fetchone()
    assert {(m, i, r, text_to_words(text)) for m, i, r, text in said} == set(entries)
    return str(state)


def holds(path: Path, *words: str) -> list[str]:
    """Those of the words that can be read in the database's files."""
    files = [path, *path.parent.glob(f"{path.name}-wal")]
    data = b"".join(file.read_bytes() for file in files if file.exists())
    return [word for word in words if word.encode() in data]


async def holds_anew(path: Path, *words: str) -> list[str]:
    """The same when every page is written anew, as it is in time after a deletion."""
    database = Database(path, rest_s=0)
    await database.erase_deleted()
    await wait_until(lambda: not is_due(path))
    await database.close()
    return holds(path, *words)


async def begin(store: Store, meeting_id: str, started_at: datetime = START) -> Stream:
    """A meeting with a stream of ann's."""
    await store.create_meeting(NewMeeting(id=meeting_id, started_at=started_at))
    await store.put_participant(meeting_id, "ann", None)
    stream, _ = await store.open_stream(meeting_id, "ann", 16_000, 0)
    return stream


async def fill(store: Store, meeting_id: str, word: str, count: int) -> None:
    """Sentences, each with a word of its own that begins with `word`."""
    stream = await begin(store, meeting_id)
    said = [make_sentence(n, f"We know {word}{n:04}{word} of it.") for n in range(count)]
    await store.commit_final(stream, said, checkpoint_at(stream, count + 1), 0)


async def test_the_index_is_that_of_the_text(store: Store, path: Path) -> None:
    """Through sentences of the same moment, corrections and deletions."""
    streams = [await begin(store, meeting_id) for meeting_id in ("a", "b", "c")]
    for number, stream in enumerate(streams):
        said = [make_sentence(1, word) for word in WORDS[number : number + 3]]
        told = [make_sentence(n, s.text) for n, s in enumerate(said)]
        await store.commit_final(stream, told, checkpoint_at(stream, 5), 0)
    await store.edits.correct_sentence("a", "s1", "Some other tree", None)
    await store.delete_meeting("b")
    await store.delete_participant("c", "ann")

    assert check(path) == "clean"


async def test_places_of_a_meeting_are_taken_one_after_another(store: Store, path: Path) -> None:
    """Of meetings that start in the same second, and of what is said in the same millisecond."""
    for meeting_id in ("a", "b"):
        stream = await begin(store, meeting_id)
        await store.commit_final(stream, [make_sentence(1, "Elm.")], checkpoint_at(stream, 2), 0)
    first, last = places_of(START)

    with closing(sqlite3.connect(path)) as db:
        places = [place for (place,) in db.execute("SELECT place FROM search_entries")]
    assert sorted(places) == [last - 1_001, last - 1_000]
    assert first < places[0] < last


@pytest.mark.parametrize("year", [1969, 1970, 2105, 2107])
async def test_any_start_has_its_place(store: Store, path: Path, year: int) -> None:
    """Also one that no clock of today says."""
    stream = await begin(store, "m", datetime(year, 1, 2, tzinfo=UTC))
    late = make_sentence(10**9, "Elm.")
    await store.commit_final(stream, [make_sentence(1, "Fir."), late], checkpoint_at(stream, 5), 0)

    page = await store.list_hits(Search(parse_query("elm")), meeting_id="m")
    listed = await store.list_meetings(search=Search(parse_query("fir")))
    assert ["Elm."] == [hit.text for hit in page.hits]
    assert ["m"] == [meeting.id for meeting in listed.meetings]


async def test_deleted_words_are_gone_from_the_files(store: Store, path: Path) -> None:
    """A meeting's and a participant's, also from the parts of the index that nothing reads."""
    await fill(store, "gone", "xanthic", 600)
    await fill(store, "kept", "yttrium", 600)
    await fill(store, "other", "zymurgy", 300)
    assert holds(path, "xanthic0007xanthic", "zymurgy0007zymurgy") != []

    await store.delete_meeting("gone")
    await store.delete_participant("other", "ann")

    assert await holds_anew(path, "xanthic", "zymurgy", *(f"xan{n:04}" for n in range(600))) == []
    assert holds(path, "yttrium0007yttrium") == ["yttrium0007yttrium"]
    assert check(path) == "clean"
    (hit,) = (await store.list_hits(Search(parse_query("yttrium0599yttrium")))).hits
    assert hit.meeting_id == "kept"


async def test_deleted_words_of_other_texts_are_gone(store: Store, path: Path) -> None:
    """What a deleted revision said, and what sentences of a deleted meeting said for a while."""
    await fill(store, "m", "xanthic", 5)
    await store.edits.correct_sentence("m", "s1", "This was quixotry.", None)
    await store.edits.undo_correction("m", "s1", None)
    await store.set_meeting_state("m", MeetingState.ENDED, START)
    (stream,) = await store.list_streams("m")
    revision, _ = await store.create_revision("m", "x", (), 20)
    again = [make_sentence(1, "Or pelagian.")]
    await store.commit_revised(stream, revision.number, again, checkpoint_at(stream, 3))
    await store.finish_revision("m", revision.number)

    await store.delete_revision("m", revision.number)
    assert await holds_anew(path, "pelagian") == []
    await store.delete_meeting("m")
    assert await holds_anew(path, "xanthic", "quixotry") == []


async def test_an_erasure_goes_on_after_a_kill(store: Store, path: Path, clock: FakeClock) -> None:
    """What was deleted is not found, and goes from the files with the next start."""
    await fill(store, "gone", "xanthic", 300)
    await fill(store, "kept", "yttrium", 300)
    await store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("DELETE FROM meetings WHERE id = 'gone'")
        db.commit()
    assert holds(path, "xanthic0007xanthic") != []

    again = await Store.open(path, clock)
    try:
        assert (await again.list_hits(Search(parse_query("xanthic0007xanthic")))).hits == []
        assert await holds_anew(path, "xanthic") == []
        assert check(path) == "clean"
    finally:
        await again.close()


async def test_an_erasure_has_the_pages_written_anew(store: Store, path: Path, clock: FakeClock) -> None:
    """What it merged may have left copies, however late it was done."""
    await fill(store, "gone", "xanthic", 3)
    await store.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("DELETE FROM meetings")
        db.commit()
    assert not is_due(path)

    await (await Store.open(path, clock, min_free_bytes=NO_DISK)).close()
    assert is_due(path)


async def test_a_crowded_moment_takes_no_longer(store: Store, path: Path) -> None:
    """The nearest free place is found by one question, whatever is between: deleted entries too."""
    stream = await begin(store, "m")
    asked = []
    said = [replace(make_sentence(1, "Elm."), id=f"a{n}") for n in range(50)]
    await store.commit_final(stream, said, checkpoint_at(stream, 2), 0)
    engine = make_migrator(path)
    with engine.begin() as db:
        db.execute(text("INSERT INTO search_removed SELECT min(place) - 1, 'elm' FROM search_entries"))
        lowest = db.scalar(text("SELECT min(place) FROM search_entries"))
        columns = ", ".join(c.name for c in sentences.c if c.name not in ("id", "seq"))
        again = f"INSERT INTO sentences (id, seq, {columns}) SELECT 'b', 99, {columns} FROM sentences LIMIT 1"
        db.execute(text(again))
        listen(db, "before_cursor_execute", lambda *args: asked.append(args[2]))
        index_sentences(db, "m", 1, [replace(said[0], id="b")])
        asked_for = len(asked)
        place = db.scalar(text("SELECT place FROM search_entries WHERE sentence_id = 'b'"))
    engine.dispose()

    assert place == lowest - 2
    assert asked_for <= 5


async def test_a_place_is_not_taken_before_it_is_forgotten(store: Store, path: Path) -> None:
    """Else the words of what was deleted would find what is there now."""
    await fill(store, "m", "xanthic", 1)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("DELETE FROM meetings")
        db.commit()

    await fill(store, "n", "yttrium", 1)
    assert (await store.list_hits(Search(parse_query("xanthic0000xanthic")))).hits == []
    await store.erase_deleted()
    assert check(path) == "clean"


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0006"])
async def test_a_former_database_can_be_searched(path: Path, clock: FakeClock, revision: str) -> None:
    """What was said before there was an index is in it, as if it had been said since."""
    make_former(path, revision)

    store = await Store.open(path, clock)
    grüezi = await store.list_meetings(search=Search(parse_query("gruezi")))
    await store.close()

    assert grüezi.meetings
    assert check(path) == "clean"


def test_an_upgrade_says_what_takes_its_time(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With counts, before it begins."""
    caplog.set_level(logging.INFO)
    make_former(path, "0006")
    with closing(sqlite3.connect(path)) as db:
        (count,) = db.execute("SELECT count(*) FROM sentences").fetchone()

    migrate(path)

    assert f"indexing {count} sentences" in "\n".join(caplog.messages)


async def test_a_former_databases_words_are_the_same(path: Path, clock: FakeClock) -> None:
    """The migration has rules of its own, for those of today may change; here they agree."""
    texts = (
        "Łódź, don't! 会議室 한국어 ½ ŉ",
        "iPhoneは ใครๆ हिन्दी",
        "co\u00adop m\u0301a ǆ ﷺ",
        "",
        "İstanbul ΑΙΆΣ",
    )
    make_former(path, "0003")
    with closing(sqlite3.connect(path)) as db:
        ids = [row for (row,) in db.execute("SELECT rowid FROM sentences")]
        for row, text in zip(ids, texts, strict=False):
            db.execute("UPDATE sentences SET text = ? WHERE rowid = ?", (text, row))
        titles = [row for (row,) in db.execute("SELECT id FROM meetings")]
        for row, text in zip(titles, texts, strict=False):
            db.execute("UPDATE meetings SET title = ? WHERE id = ?", (text, row))
        db.commit()
    await (await Store.open(path, clock)).close()

    assert check(path) == "clean"
    with closing(sqlite3.connect(path)) as db:
        for row, text in zip(titles, texts, strict=False):
            store_title = db.execute("SELECT title_folded FROM meetings WHERE id = ?", (row,)).fetchone()
            assert store_title is not None
            assert "Ł" not in store_title[0]
            assert text or not store_title[0]


async def test_reading_waits_for_no_erasure(store: Store, path: Path) -> None:
    """Hits that are being read are of one moment; what was deleted meanwhile goes when they were."""
    await fill(store, "a", "xanthic", 50)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM search_entries").fetchone()
        await store.delete_meeting("a")

        assert 50 == reader.execute("SELECT count(*) FROM search_entries").fetchone()[0]
        reader.execute("COMMIT")
    await store.erase_deleted()

    assert await holds_anew(path, "xanthic") == []


def test_later_starts_have_higher_places() -> None:
    """Without overlap, a second apart."""
    places = [places_of(START + timedelta(seconds=n)) for n in range(3)]

    assert all(before[1] < after[0] for before, after in pairwise(places))
