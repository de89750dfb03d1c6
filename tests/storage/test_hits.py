"""Hits: which sentences are found, in which order, and how they are shown."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.event import listen

from meeting_service.errors import InvalidRequest
from meeting_service.meeting import MeetingState, NewMeeting, Stream
from meeting_service.search import Search, matches, parse_query
from meeting_service.storage import Store
from meeting_service.storage.hits import MAX_HITS, find_in_meetings
from meeting_service.storage.sqlite import make_migrator
from tests.storage.conftest import START, FakeClock, checkpoint_at, make_sentence

TYPED = (
    "'",
    '"',
    '""',
    "*",
    "a*",
    "NEAR(a b)",
    "words:a",
    "-a",
    "^a",
    "a AND",
    "OR",
    "(",
    ")",
    "{a}",
    "%",
    "\\",
)
INJECTED = (
    "'; DROP TABLE meetings; --",
    '" OR 1=1 --',
    "search_index",
    "\0",
    "a\0b",
    "\ud83d",
    "😀",
    "a" * 500,
)


def looking_for(typed: str, speaker: str | None = None) -> Search:
    """What somebody types."""
    return Search(parse_query(typed), speaker)


async def say(store: Store, meeting_id: str, *said: str, who: str = "ann", first: int = 1) -> Stream:
    """A participant of a meeting says this, a sentence a second."""
    await store.put_participant(meeting_id, who, who.title())
    stream, _ = await store.open_stream(meeting_id, who, 16_000, 0)
    told = [make_sentence(n, text, who) for n, text in enumerate(said, first)]
    await store.commit_final(stream, told, checkpoint_at(stream, first + len(said)), 0)
    return stream


async def find(store: Store, typed: str, **where: str | int | None) -> list[str]:
    """The texts that are found, in the order in which they are shown."""
    page = await store.list_hits(looking_for(typed), **where)  # type: ignore[arg-type]
    return [hit.text for hit in page.hits]


@pytest.fixture
async def meetings(store: Store) -> Store:
    """Three meetings: `old`, `new` an hour later, and `twin`, which starts when `old` does."""
    for meeting_id, hours in (("old", 0), ("new", 1), ("twin", 0)):
        start = START + timedelta(hours=hours)
        await store.create_meeting(NewMeeting(id=meeting_id, title=f"The {meeting_id}", started_at=start))
    await say(store, "old", "We ship on Friday.", "Grüezi Zürich!")
    await say(store, "new", "Friday is fine.", "Or on Monday.", who="ben")
    await say(store, "twin", "No Friday here.")
    return store


async def test_the_newest_meeting_is_first(meetings: Store) -> None:
    """And within a meeting what is said first, also when it was stored later."""
    await say(meetings, "new", "Every Friday?", who="ann", first=0)

    found = await find(meetings, "friday")

    assert found[:2] == ["Every Friday?", "Friday is fine."]
    assert set(found[2:]) == {"We ship on Friday.", "No Friday here."}


async def test_a_hit_says_where_it_is(meetings: Store) -> None:
    """Meeting, sentence, person and times, as they are shown."""
    (hit,) = (await meetings.list_hits(looking_for("zurich"))).hits

    assert (hit.meeting_id, hit.title, hit.started_at) == ("old", "The old", START)
    assert (hit.sentence_id, hit.participant_id, hit.participant) == ("s2", "ann", "Ann")
    assert (hit.start_ms, hit.end_ms, hit.text) == (2_000, 2_900, "Grüezi Zürich!")


async def test_one_meeting_is_searched_alone(meetings: Store) -> None:
    """Also when another started in the same second; one that is not there has nothing."""
    assert await find(meetings, "friday", meeting_id="old") == ["We ship on Friday."]
    assert await find(meetings, "friday", meeting_id="twin") == ["No Friday here."]
    assert await find(meetings, "friday", meeting_id="none") == []


async def test_pages_hold_every_hit_once(meetings: Store) -> None:
    """Whatever their size; the last one has no cursor."""
    everything = await find(meetings, "friday")
    found, cursor = [], None
    while True:
        page = await meetings.list_hits(looking_for("friday"), limit=1, cursor=cursor)
        found += [hit.text for hit in page.hits]
        if (cursor := page.next_cursor) is None:
            break

    assert found == everything


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1e3", "9" * 19, "٣"])
async def test_foreign_cursors_are_refused(store: Store, cursor: str) -> None:
    """A cursor that no page gave is the caller's error."""
    with pytest.raises(InvalidRequest):
        await store.list_hits(looking_for("a"), cursor=cursor)


async def test_a_speaker_is_found_by_name_or_id(meetings: Store) -> None:
    """Part of a name will do; who is merged into somebody else is that person."""
    await say(meetings, "new", "Friday it is.", who="ann-phone", first=5)
    await meetings.edits.rename_participant("new", "ben", "Bén Müller", None)
    await meetings.edits.merge_participant("new", "ann-phone", "ben", None)

    async def said_by(speaker: str) -> set[str]:
        page = await meetings.list_hits(looking_for("friday", speaker))
        return {f"{hit.participant}: {hit.text}" for hit in page.hits}

    bens = {"Bén Müller: Friday is fine.", "Bén Müller: Friday it is."}
    assert await said_by("muller") == await said_by("ben") == bens
    assert await said_by("ann-phone") == {"Bén Müller: Friday it is."}
    assert await said_by("nobody") == await said_by("'; --") == set()
    listed = await meetings.list_meetings(search=looking_for("", "muller"))
    assert ["new"] == [meeting.id for meeting in listed.meetings]


async def test_dates_narrow_it(meetings: Store) -> None:
    """From a start on, and before another; meetings likewise."""
    later = START + timedelta(minutes=30)
    friday = parse_query("friday")

    since = Search(friday, since=later)
    until = Search(friday, until=later)
    assert ["Friday is fine."] == [hit.text for hit in (await meetings.list_hits(since)).hits]
    assert {"old", "twin"} == {hit.meeting_id for hit in (await meetings.list_hits(until)).hits}
    assert ["new"] == [meeting.id for meeting in (await meetings.list_meetings(search=since)).meetings]
    assert 2 == len((await meetings.list_meetings(search=Search(until=later))).meetings)


async def test_what_is_in_each_meeting(meetings: Store) -> None:
    """How much, and the first of it."""
    await say(meetings, "new", "Friday, Friday.", first=9)

    found = await meetings.find_in_meetings(looking_for("friday"), ["old", "new", "none"], each=1)

    counts = {meeting_id: (of.count, [hit.text for hit in of.hits]) for meeting_id, of in found.items()}
    assert counts == {
        "old": (1, ["We ship on Friday."]),
        "new": (2, ["Friday is fine."]),
        "none": (0, []),
    }


async def test_only_the_current_text_is_found(meetings: Store, clock: FakeClock) -> None:
    """Not that of a revision in the making, and not that of one before it; deleted, the former is back."""
    await meetings.set_meeting_state("old", MeetingState.ENDED, clock.utc_now())
    (stream,) = await meetings.list_streams("old")
    revision, _ = await meetings.create_revision("old", "m", (), 20)
    again = [make_sentence(1, "We sip on Sunday.")]
    await meetings.commit_revised(stream, revision.number, again, checkpoint_at(stream, 3))
    assert await find(meetings, "sunday") == []

    await meetings.finish_revision("old", revision.number)
    assert await find(meetings, "sunday") == ["We sip on Sunday."]
    assert await find(meetings, "ship") == []
    assert (await meetings.list_meetings(search=looking_for("ship"))).meetings == []

    await meetings.delete_revision("old", revision.number)
    assert await find(meetings, "sunday") == []
    assert await find(meetings, "ship") == ["We ship on Friday."]


async def test_what_was_corrected_is_found_as_it_is_shown(meetings: Store) -> None:
    """By its new words and not by its old ones; undone, the other way round."""
    await meetings.edits.correct_sentence("old", "s1", "We ship on Thursday.", None)
    assert await find(meetings, "thursday") == ["We ship on Thursday."]
    assert await find(meetings, "ship friday") == []

    await meetings.edits.undo_correction("old", "s1", None)
    assert await find(meetings, "thursday") == []
    assert await find(meetings, "ship friday") == ["We ship on Friday."]


@pytest.mark.parametrize("typed", [*TYPED, *INJECTED, " ".join("abcdefghijklmnopqrstuvwxyz" * 9)])
async def test_whatever_is_typed_is_looked_for(meetings: Store, typed: str) -> None:
    """Signs that mean something to FTS5, to SQL or to nobody are neither errors nor operators."""
    page = await meetings.list_hits(looking_for(typed))

    assert all(matches(hit.text, parse_query(typed)) for hit in page.hits)
    await meetings.find_in_meetings(looking_for(typed), ["old"], each=3)
    if "\ud83d" not in typed:
        await meetings.list_meetings(search=looking_for(typed, speaker=typed))


async def test_counts_go_no_further_than_they_must(meetings: Store) -> None:
    """What is beyond is told as more."""
    await say(meetings, "old", *["It is Monday."] * (MAX_HITS + 7), first=10)

    found = await meetings.find_in_meetings(looking_for("monday"), ["old", "new"], each=3)

    counts = {meeting_id: (of.count, of.more, len(of.hits)) for meeting_id, of in found.items()}
    assert counts == {"old": (MAX_HITS, True, 3), "new": (1, False, 1)}


async def test_meetings_are_looked_into_at_once(store: Store, path: Path) -> None:
    """With as many questions for several of them as for one."""
    for n in range(5):
        await store.create_meeting(NewMeeting(id=f"m{n}"))
        await say(store, f"m{n}", "We ship on Friday.")
    engine, asked = make_migrator(path), list[str]()
    with engine.begin() as db:
        listen(db, "before_cursor_execute", lambda *args: asked.append(args[2]))
        numbers = []
        for count in (1, 5):
            asked.clear()
            wanted = replace(looking_for("friday", "ann"), names=("Ann",))
            found = find_in_meetings(db, wanted, [f"m{n}" for n in range(count)], 3)
            assert [1] * count == [of.count for of in found.values()]
            numbers.append(len(asked))
    engine.dispose()

    assert numbers[0] == numbers[1]


async def test_a_speaker_is_looked_up_once(meetings: Store) -> None:
    """For whatever is asked after that: a new name is not looked for."""
    wanted = await meetings.look_up_names(looking_for("friday", "ann"))
    await meetings.edits.rename_participant("old", "ann", "Anna", None)

    assert wanted.names == ("Ann",)
    assert wanted == await meetings.look_up_names(wanted)
    found = await meetings.list_hits(replace(wanted, speaker="-"))
    assert {"twin"} == {hit.meeting_id for hit in found.hits}


class Shelf:
    """A store that many examples share: opening one takes longer than searching it."""

    def __init__(self, path: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.store = self.loop.run_until_complete(Store.open(path, FakeClock()))
        self.texts: list[str] = []

    def add(self, text: str) -> None:
        """Somebody says this."""
        number = len(self.texts)
        self.texts.append(text)
        self.loop.run_until_complete(self._add(f"m{number}", text))

    async def _add(self, meeting_id: str, text: str) -> None:
        await self.store.create_meeting(NewMeeting(id=meeting_id, title="x"))
        await say(self.store, meeting_id, text)

    def find(self, typed: str) -> set[str]:
        """The meetings in which something is found."""
        page = self.loop.run_until_complete(self.store.list_hits(looking_for(typed), limit=500))
        return {hit.meeting_id for hit in page.hits}


@pytest.fixture
def shelf(path: Path) -> Iterator[Shelf]:
    """An empty one."""
    made = Shelf(path)
    yield made
    made.loop.run_until_complete(made.store.close())
    made.loop.close()


LETTERS = "aAbeéE ß'-\"*會議กำ한1\u0301 "


@given(said=st.text(LETTERS, max_size=12), typed=st.text(LETTERS, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_index_finds_what_the_words_say(shelf: Shelf, said: str, typed: str) -> None:
    """FTS5 and the marks agree on every text and every search."""
    shelf.add(said)
    expected = {f"m{n}" for n, text in enumerate(shelf.texts) if matches(text, parse_query(typed))}

    assert expected == shelf.find(typed)
