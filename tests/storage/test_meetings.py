"""Meetings as the store keeps them."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.event import listen

from meeting_service.errors import InvalidRequest, NotFound
from meeting_service.events import MeetingChanged
from meeting_service.meeting import Meeting, MeetingState, NewMeeting, Stream
from meeting_service.search import EVERYTHING, Search, parse_query
from meeting_service.storage import Store
from meeting_service.storage.meetings import list_meetings
from meeting_service.storage.sqlite import make_migrator
from tests.storage.conftest import START, FakeClock, checkpoint_at, make_sentence


async def test_new_meeting_is_live_and_starts_now(store: Store) -> None:
    """Without wishes a meeting gets an id, a title and the clock's time."""
    meeting, created = await store.create_meeting(NewMeeting())

    assert created
    assert (meeting.state, meeting.started_at, meeting.ended_at) == (MeetingState.LIVE, START, None)
    assert meeting.title == "Meeting of 2026-03-04 09:00 UTC"
    assert meeting == await store.get_meeting(meeting.id)


async def test_wishes_are_kept(store: Store) -> None:
    """Title, language, vocabulary and start come back as given; the time in UTC to the microsecond."""
    cest = datetime(2026, 7, 1, 12, 0, 0, 7, tzinfo=timezone(timedelta(hours=2)))
    new = NewMeeting("übung/1", "Über <b>\n", "de", ("MLX", "Parakeet"), cest)

    await store.create_meeting(new)

    expected = Meeting(
        id="übung/1",
        title="Über <b>\n",
        state=MeetingState.LIVE,
        started_at=datetime(2026, 7, 1, 10, 0, 0, 7, tzinfo=UTC),
        language="de",
        vocabulary=("MLX", "Parakeet"),
    )
    held = await store.find_meeting("übung/1")
    assert expected == held
    assert held is not None
    assert held.started_at.tzinfo is UTC


async def test_same_id_gives_the_same_meeting(store: Store) -> None:
    """Creating again changes nothing and tells nothing."""
    first, _ = await store.create_meeting(NewMeeting(id="m", title="One"))

    again, created = await store.create_meeting(NewMeeting(id="m", title="Two"))

    assert not created
    assert first == again
    assert await store.last_seq("m") == 1


async def test_time_without_zone_is_refused(store: Store) -> None:
    """A start that could mean anything is not guessed at."""
    with pytest.raises(InvalidRequest):
        await store.create_meeting(NewMeeting(started_at=datetime(2026, 1, 1)))
    with pytest.raises(InvalidRequest):
        await store.set_meeting_state("m", MeetingState.ENDED, datetime(2026, 1, 1))


async def test_unknown_meeting(store: Store) -> None:
    """What is not there is None to find, and an error to get, rename, end or delete."""
    assert await store.find_meeting("nobody") is None
    for act in (
        store.get_meeting("nobody"),
        store.rename_meeting("nobody", "x"),
        store.set_meeting_state("nobody", MeetingState.ENDED),
        store.delete_meeting("nobody"),
        store.put_participant("nobody", "ann", None),
        store.get_transcript("nobody"),
    ):
        with pytest.raises(NotFound):
            await act


async def test_life_of_a_meeting_is_told(store: Store, meeting: Meeting) -> None:
    """Creation, another title and each state are events that hold the meeting as it then was."""
    ended_at = START + timedelta(hours=1)

    await store.rename_meeting(meeting.id, "Daily")
    await store.set_meeting_state(meeting.id, MeetingState.ENDING)
    await store.set_meeting_state(meeting.id, MeetingState.ENDED, ended_at)
    told = await store.list_events(meeting.id, 0)

    changes = [e.event.meeting for e in told if isinstance(e.event, MeetingChanged)]
    assert [m.title for m in changes] == ["Weekly", "Daily", "Daily", "Daily"]
    assert [m.state for m in changes] == ["live", "live", "ending", "ended"]
    assert changes[-1] == await store.get_meeting(meeting.id)
    assert ended_at == changes[-1].ended_at


async def test_end_time_stays(store: Store, meeting: Meeting) -> None:
    """A later change of state without an end time keeps the one that was set."""
    await store.set_meeting_state(meeting.id, MeetingState.ENDING, START)

    await store.set_meeting_state(meeting.id, MeetingState.ENDED)

    assert (await store.get_meeting(meeting.id)).ended_at == START


async def test_pages_are_newest_first_and_stable(store: Store, clock: FakeClock) -> None:
    """Every meeting comes once, newest first, equal starts by id, though new ones appear in between."""
    for number in range(7):
        await store.create_meeting(NewMeeting(id=f"m{number}"))
        clock.advance(seconds=number % 2)

    seen: list[str] = []
    cursor = None
    while True:
        page = await store.list_meetings(limit=3, cursor=cursor)
        seen += [m.id for m in page.meetings]
        cursor = page.next_cursor
        if cursor is None:
            break
        await store.create_meeting(NewMeeting(id=f"later{len(seen)}", started_at=START + timedelta(days=1)))

    assert seen == ["m6", "m5", "m4", "m3", "m2", "m1", "m0"]


async def test_last_page_has_no_cursor(store: Store) -> None:
    """A page that just fits is the last one; an empty list is one too."""
    assert (await store.list_meetings()).next_cursor is None
    await store.create_meeting(NewMeeting())

    assert (await store.list_meetings(limit=1)).next_cursor is None


@pytest.mark.parametrize(
    "cursor", ["", "x", "ü", "bnVsbA", "WzEsMl0", "WyJ4IiwieSJd", "WyIyMDI2LTAxLTAxIiwieSJd"]
)
async def test_foreign_cursor_is_refused(store: Store, cursor: str) -> None:
    """A cursor that no list gave is the caller's error, whatever it decodes to."""
    with pytest.raises(InvalidRequest):
        await store.list_meetings(cursor=cursor)


async def test_state_filters(store: Store) -> None:
    """Only meetings in the state asked for are listed."""
    await store.create_meeting(NewMeeting(id="old"))
    await store.create_meeting(NewMeeting(id="new"))
    await store.set_meeting_state("old", MeetingState.ENDED)

    live = await store.list_meetings(state=MeetingState.LIVE)
    ended = await store.list_meetings(state=MeetingState.ENDED)

    assert [m.id for m in live.meetings] == ["new"]
    assert [m.id for m in ended.meetings] == ["old"]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("100%", ["a"]),
        ("0%_", []),
        ("%", ["a"]),
        ("_", ["b"]),
        ("\\", ["b"]),
        ("/", ["b"]),
        ("ÜBERSICHT", ["b"]),
        ("u\u0308bersicht", ["b"]),
        ("strasse", ["a"]),
        ("WEEKLY", ["c"]),
        ("ｗｅｅｋｌｙ", ["c"]),
        ("  one   word ", ["a"]),
        ("of the", ["a", "c"]),
        ("", ["a", "b", "c"]),
        ("\0", ["a", "b", "c"]),
        ("'; DROP TABLE meetings; --", []),
    ],
)
async def test_search(store: Store, stream: Stream, q: str, found: list[str]) -> None:
    """Titles and sentences are searched; wildcards are letters, and case, umlauts and width do not matter."""
    await store.create_meeting(NewMeeting(id="a", title="Straße: 100% of the plan"))
    await store.create_meeting(NewMeeting(id="b", title="file_name\\ und/oder Übersicht"))
    await store.create_meeting(NewMeeting(id="c", title="Weekly of the team"))
    await store.delete_meeting(stream.meeting_id)
    await store.put_participant("a", "ann", None)
    spoken, _ = await store.open_stream("a", "ann", 16_000, 0)
    await store.commit_final(spoken, [make_sentence(1, "Only One\nword")], checkpoint_at(spoken, 2), 0)

    page = await store.list_meetings(search=Search(parse_query(q)))

    assert found == sorted(m.id for m in page.meetings)


async def test_search_finds_a_meeting_once(store: Store, stream: Stream) -> None:
    """However many sentences match; and a new title is searched at once."""
    said = [make_sentence(n, "budget budget") for n in range(3)]
    await store.commit_final(stream, said, checkpoint_at(stream, 3), 0)
    await store.rename_meeting(stream.meeting_id, "Budget")

    found = await store.list_meetings(search=Search(parse_query("BUDGET")))
    assert [stream.meeting_id] == [m.id for m in found.meetings]


async def test_text_that_is_no_unicode_is_refused(store: Store) -> None:
    """Half a surrogate pair, as JSON may spell it, is the caller's error and harms nothing."""
    with pytest.raises(InvalidRequest):
        await store.create_meeting(NewMeeting(title="\ud800"))
    with pytest.raises(InvalidRequest):
        await store.list_meetings(search=Search(parse_query("\ud800")))
    with pytest.raises(InvalidRequest):
        await store.find_meeting("\ud800")

    await store.create_meeting(NewMeeting())


@pytest.mark.parametrize("state", [MeetingState.LIVE, MeetingState.ENDING])
async def test_meetings_that_go_on_are_found_by_an_index(
    store: Store, path: Path, state: MeetingState
) -> None:
    """Pages ask for them again and again: those that have ended are not looked at."""
    asked: list[tuple[str, object]] = []
    engine = make_migrator(path)
    with engine.connect() as db:
        listen(db, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
        list_meetings(db, state, EVERYTHING, 100, None)
        statement, values = asked[-1]
        plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()  # type: ignore[arg-type]
    engine.dispose()

    assert ["SCAN meetings USING INDEX ix_meetings_going_on"] == [step.detail for step in plan]


async def test_deleted_meeting_leaves_nothing(store: Store, stream: Stream) -> None:
    """Its rows are gone from every table, the ids of its streams are told, other meetings stay."""
    other, _ = await store.create_meeting(NewMeeting(id="other"))
    second, _ = await store.open_stream(stream.meeting_id, "ann", 16_000, 0)
    await store.commit_final(stream, [make_sentence(1)], checkpoint_at(stream, 2), 9)

    assert [stream.id, second.id] == await store.delete_meeting(stream.meeting_id)

    assert await store.find_meeting(stream.meeting_id) is None
    assert await store.list_events(stream.meeting_id, 0) == []
    assert await store.list_participants(stream.meeting_id) == []
    assert await store.list_streams(stream.meeting_id) == []
    assert await store.list_unfinished_streams() == []
    assert await store.last_seq(stream.meeting_id) == 0
    assert other == await store.get_meeting("other")
