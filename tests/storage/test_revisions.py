"""Revisions: begun, filled, switched to in one moment, given up, deleted."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine
from sqlalchemy.event import listen

from meeting_service.errors import Conflict, NotFound
from meeting_service.events import RevisionChanged
from meeting_service.meeting import Meeting, MeetingState, Stream
from meeting_service.search import Search, parse_query
from meeting_service.storage import Store
from meeting_service.storage.revisions import get_revision
from meeting_service.transcript import Revision, RevisionState
from tests.storage.conftest import FakeClock, checkpoint_at, make_sentence

MOST = 5


@pytest.fixture
async def ended(store: Store, meeting: Meeting, stream: Stream) -> Stream:
    """Ann's stream of ten seconds in a meeting that has ended, with one sentence."""
    await store.commit_final(stream, [make_sentence(1, "What was herd.")], checkpoint_at(stream, 8), 480_000)
    await store.end_stream(stream.id)
    await store.finish_stream(stream.id)
    await store.set_meeting_state(meeting.id, MeetingState.ENDED)
    return stream


async def begin(store: Store) -> Revision:
    """Another revision of the meeting."""
    revision, _ = await store.create_revision("m", "big", ("Zürich",), MOST)
    return revision


async def test_the_first_is_the_meetings_own(store: Store, stream: Stream) -> None:
    """A live meeting has one revision, running, with the meeting's model and words."""
    (first,) = await store.list_revisions("m")

    assert (1, RevisionState.RUNNING, None, ()) == (first.number, first.state, first.model, first.vocabulary)
    assert first == await store.get_revision("m")


async def test_switch_in_one_moment(store: Store, ended: Stream) -> None:
    """What is committed shows nowhere before it is done, and everywhere then; the former text stays."""
    await begin(store)
    former = await store.get_transcript("m")
    await store.commit_revised(ended, 2, [make_sentence(1, "What was heard.")], checkpoint_at(ended, 9))
    assert former == await store.get_transcript("m")
    told = await store.finish_revision("m", 2)
    current = await store.get_transcript("m")

    assert ["What was heard."] == [s.text for s in current.sentences]
    assert (2, 9_000) == (current.revision, current.participants[0].speech_ms)
    assert former == await store.get_transcript("m", 1)
    assert isinstance(told.event, RevisionChanged)
    assert told.event.revision == await store.get_revision("m")
    assert [told.seq] == [s.seq for s in current.sentences]


async def test_sentences_have_ids_of_their_own(store: Store, ended: Stream) -> None:
    """The same sentence in two revisions has two ids; given twice it is kept once."""
    await begin(store)
    for _ in range(2):
        await store.commit_revised(ended, 2, [make_sentence(1)], checkpoint_at(ended, 9))
    await store.finish_revision("m", 2)

    assert ["r2-s1"] == [s.id for s in (await store.get_transcript("m")).sentences]
    assert ["s1"] == [s.id for s in (await store.get_transcript("m", 1)).sentences]


async def test_progress_is_that_of_the_checkpoints(store: Store, ended: Stream) -> None:
    """The share of the audio whose text is final; work goes on from there after a restart."""
    revision = await begin(store)
    await store.commit_revised(ended, 2, [], checkpoint_at(ended, 4))
    ((meeting_id, running),) = await store.list_running_revisions()

    assert (0.0, "m", 0.4) == (revision.progress, meeting_id, running.progress)
    assert [(replace(ended, ended=True, finished=True), checkpoint_at(ended, 4))] == (
        await store.list_revision_work("m", 2)
    )
    [live] = await store.list_records(ended.meeting_id, 1)
    assert checkpoint_at(ended, 8) == live.checkpoint


async def test_search_looks_at_the_current_one(store: Store, ended: Stream) -> None:
    """Words of a former revision are found no more, words of the new one from its end on."""

    async def finds(q: str) -> bool:
        return bool((await store.list_meetings(search=Search(parse_query(q)))).meetings)

    await begin(store)
    await store.commit_revised(ended, 2, [make_sentence(1, "What was heard.")], checkpoint_at(ended, 9))
    assert (True, False) == (await finds("herd"), await finds("heard"))
    await store.finish_revision("m", 2)

    assert (False, True) == (await finds("herd"), await finds("heard"))


async def test_what_may_not_begin(store: Store, meeting: Meeting, stream: Stream) -> None:
    """Not while the meeting is live, not beside another, not beyond the limit."""
    with pytest.raises(Conflict, match="is live"):
        await begin(store)
    await store.set_meeting_state("m", MeetingState.ENDED)
    for number in range(2, MOST + 1):
        await begin(store)
        with pytest.raises(Conflict, match=f"revision {number} .* running"):
            await begin(store)
        await store.finish_revision("m", number)
    with pytest.raises(Conflict, match="the limit"):
        await begin(store)
    with pytest.raises(NotFound):
        await store.create_revision("none", "big", (), MOST)


async def test_what_is_not_done_cannot_be_read(store: Store, ended: Stream) -> None:
    """A running one and a failed one say why; one that is not there is not found."""
    await begin(store)
    with pytest.raises(Conflict, match="is running"):
        await store.get_transcript("m", 2)
    await store.commit_revised(ended, 2, [make_sentence(1)], checkpoint_at(ended, 5))
    await store.fail_revision("m", 2, "the model is gone")
    with pytest.raises(Conflict, match="is failed"):
        await store.get_transcript("m", 2)
    with pytest.raises(NotFound, match="no revision 3"):
        await store.get_transcript("m", 3)

    failed = await store.get_revision("m", 2)
    assert (RevisionState.FAILED, "the model is gone", 0.5) == (failed.state, failed.detail, failed.progress)
    assert 1 == (await store.get_transcript("m")).revision


async def test_late_text_is_refused(store: Store, ended: Stream) -> None:
    """After the end, or without a beginning, nothing is added."""
    with pytest.raises(NotFound):
        await store.commit_revised(ended, 2, [make_sentence(1)], checkpoint_at(ended, 5))
    await begin(store)
    await store.finish_revision("m", 2)
    with pytest.raises(NotFound):
        await store.commit_revised(ended, 2, [make_sentence(1)], checkpoint_at(ended, 5))
    with pytest.raises(NotFound):
        await store.finish_revision("m", 2)


async def test_only_the_revision_that_is_read_is_counted(path: Path, store: Store, ended: Stream) -> None:
    """However many others there are, and however long they are."""
    await begin(store)
    await store.finish_revision("m", 2)
    asked: list[tuple[str, Sequence[object]]] = []
    engine = create_engine(URL.create("sqlite", database=str(path)))
    listen(engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    with engine.connect() as db:
        get_revision(db, "m", 2)
    engine.dispose()

    assert [True] == [("m", 2) == tuple(values)[:2] for query, values in asked if "FROM sentences" in query]


async def test_delete(store: Store, ended: Stream) -> None:
    """The one before is current again; the number is not used again; the first one stays."""
    await begin(store)
    await store.commit_revised(ended, 2, [make_sentence(1, "Worse.")], checkpoint_at(ended, 9))
    await store.finish_revision("m", 2)
    told = await store.delete_revision("m", 2)

    assert isinstance(told.event, RevisionChanged)
    assert (2, RevisionState.DELETED) == (told.event.revision.number, told.event.revision.state)
    assert ["What was herd."] == [s.text for s in (await store.get_transcript("m")).sentences]
    assert 3 == (await begin(store)).number
    with pytest.raises(Conflict, match="the first"):
        await store.delete_revision("m", 1)
    with pytest.raises(NotFound):
        await store.delete_revision("m", 2)


async def test_a_meeting_takes_its_revisions_along(store: Store, ended: Stream, clock: FakeClock) -> None:
    """Nothing is left of them, running or done."""
    await begin(store)
    await store.commit_revised(ended, 2, [make_sentence(1)], checkpoint_at(ended, 9))
    await store.delete_meeting("m")

    assert [] == await store.list_running_revisions()
    with pytest.raises(NotFound):
        await store.list_revisions("m")
