"""Transcribing again: a revision of its own, made of kept audio, which nothing disturbs."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from meeting_service.data_folder import LEDGER_FILE
from meeting_service.errors import Conflict, InvalidRequest, NotFound, TooMany
from meeting_service.events import MeetingEvent, RevisionAdvanced, RevisionChanged, StoredEvent
from meeting_service.meeting import MeetingState, NewMeeting
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings
from meeting_service.transcript import Revision, RevisionState, Sentence
from meeting_service.worker.messages import Finished, OpenStream
from tests.fakes import FakeRecogniser
from tests.sessions.conftest import OTHER, RATE_HZ, Halt, RunService, talk
from tests.sessions.parts import DeafWorker, run_on

START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
SPEAKERS = {"ann": 1, "ben": 2, "eve": 3}
DONE, FAILED, DELETED = RevisionState.DONE, RevisionState.FAILED, RevisionState.DELETED


async def hold_meeting(sessions: SessionManager, meeting_id: str = "m", *, end: bool = True) -> None:
    """A meeting of three people who speak at once."""
    await sessions.create_meeting(NewMeeting(id=meeting_id, started_at=START))
    for name, seed in SPEAKERS.items():
        audio = await sessions.open_input(meeting_id, [name], RATE_HZ, captured_at=START)
        await audio.append(talk(seed, 20.0), None)
    if end:
        await sessions.end_meeting(meeting_id)


async def until(sessions: SessionManager, state: RevisionState, meeting_id: str = "m") -> list[MeetingEvent]:
    """What a watcher is told until a revision is in that state."""
    told: list[MeetingEvent] = []
    with sessions.subscribe(meeting_id) as watcher:
        async for event in watcher:
            told.append(event)
            if find_revision(event) is state:
                break
    return told


def find_revision(event: MeetingEvent) -> RevisionState | None:
    """The state of the revision that a stored event tells of."""
    if isinstance(event, StoredEvent) and isinstance(event.event, RevisionChanged):
        return event.event.revision.state
    return None


async def read(sessions: SessionManager, revision: int | None = None) -> list[Sentence]:
    """A revision's sentences without what differs from one to the other by its nature."""
    transcript = await sessions.get_transcript("m", revision)
    return [replace(s, id=s.id.removeprefix(f"r{transcript.revision}-"), seq=0) for s in transcript.sentences]


async def test_another_model_gives_another_text(run_service: RunService) -> None:
    """The new revision is the current one, the former reads as it did, and the meeting keeps its model."""
    async with run_service() as sessions:
        await hold_meeting(sessions)
        former = await sessions.get_transcript("m")
        begun = await sessions.retranscriptions.begin("m", model=OTHER)
        await until(sessions, DONE)
        current = await sessions.get_transcript("m")

        assert (2, OTHER, RevisionState.RUNNING) == (begun.number, begun.model, begun.state)
        assert [s.text.upper() for s in former.sentences] == [s.text for s in current.sentences]
        assert former == await sessions.get_transcript("m", 1)
        assert "demo" == current.meeting.model
        assert current.participants == former.participants


async def test_the_same_model_hears_the_same(run_service: RunService) -> None:
    """Final text depends on the audio alone: live or from what was kept, to the last word and time."""
    async with run_service() as sessions:
        await hold_meeting(sessions)
        await sessions.retranscriptions.begin("m")
        await until(sessions, DONE)

        assert len(await read(sessions)) > 6
        assert await read(sessions, 1) == await read(sessions)


async def test_a_restart_in_the_middle(run_service: RunService, halt: Halt) -> None:
    """What was begun goes on after the next start and ends with the same text."""
    async with run_service() as sessions:
        await hold_meeting(sessions)
        await sessions.retranscriptions.begin("m", model=OTHER)
        await until(sessions, DONE)
        undisturbed = await read(sessions)
        halt.left = 2
        await sessions.retranscriptions.begin("m", model=OTHER)
        await halt.reached.wait()

    halt.left = 1_000_000
    async with run_service() as sessions:
        before = await sessions.store.get_revision("m", 3)
        await until(sessions, DONE)
        assert (await until_done(sessions)).number == 3

        assert 0 < before.progress < 1
        assert undisturbed == await read(sessions, 3)


async def test_a_watcher_sees_it_come(run_service: RunService) -> None:
    """Begun, then rising shares, then done; not a sentence of it is told alone."""
    async with run_service() as sessions:
        await hold_meeting(sessions)
        after = await sessions.store.last_seq("m")
        told: list[MeetingEvent] = []
        with sessions.subscribe("m", after) as watcher:
            await sessions.retranscriptions.begin("m")
            async for event in watcher:
                told.append(event)
                if find_revision(event) is DONE:
                    break

    shares = [event.revision.progress for event in told if isinstance(event, RevisionAdvanced)]
    stored = [event for event in told if isinstance(event, StoredEvent)]
    assert [after + 1, after + 2] == [event.seq for event in stored]
    assert sorted(set(shares)) == shares
    assert shares
    assert max(shares) <= 1


async def test_words_to_favour(run_service: RunService) -> None:
    """Those of the meeting unless others are given; none is a choice too."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m", vocabulary=("Zürich",), started_at=START))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ, captured_at=START)
        await audio.append(talk(1, 5.0), None)
        await sessions.end_meeting("m")
        for given in (None, ("Basel",), ()):
            await sessions.retranscriptions.begin("m", vocabulary=given)
            await until_done(sessions)

        revisions = await sessions.store.list_revisions("m")
        assert [(), ("Basel",), ("Zürich",), ("Zürich",)] == [tuple(r.vocabulary) for r in revisions]


async def until_done(sessions: SessionManager) -> Revision:
    """The newest revision, once it is at its end."""
    while True:
        after = await sessions.store.last_seq("m")
        newest = (await sessions.store.list_revisions("m"))[0]
        if newest.state is not RevisionState.RUNNING:
            return newest
        with sessions.subscribe("m", after) as watcher:
            await anext(aiter(watcher))


async def test_what_is_refused(run_service: RunService) -> None:
    """A live meeting, a model that is not loaded, a second one at once, a meeting that is not there."""
    async with run_service() as sessions:
        begin = sessions.retranscriptions.begin
        await hold_meeting(sessions, end=False)
        with pytest.raises(Conflict, match="is live"):
            await begin("m")
        await sessions.end_meeting("m")
        with pytest.raises(InvalidRequest, match="'huge' is not loaded here; loaded: demo, other"):
            await begin("m", model="huge")
        await begin("m")
        with pytest.raises(Conflict, match="still running"):
            await begin("m")
        with pytest.raises(NotFound):
            await begin("none")


async def test_audio_that_is_gone(run_service: RunService) -> None:
    """Without audio there is nothing to do again; with a part of it the text would be worse."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="silent"))
        await sessions.end_meeting("silent")
        with pytest.raises(Conflict, match="no audio came"):
            await sessions.retranscriptions.begin("silent")
        await hold_meeting(sessions)
        await sessions.ledger.delete([(await sessions.store.list_streams("m"))[1].id])
        with pytest.raises(Conflict, match="not kept any more"):
            await sessions.retranscriptions.begin("m")


async def test_as_many_as_may_be(run_service: RunService, settings: Settings, halt: Halt) -> None:
    """Beyond the limit it is refused with a time to come back; a place that is free again is given."""
    halt.left = 0
    async with run_service() as sessions:
        limit = settings.limits.retranscriptions
        for number in range(limit + 1):
            await hold_meeting(sessions, f"m{number}")
        for number in range(limit):
            await sessions.retranscriptions.begin(f"m{number}", model=OTHER)
        with pytest.raises(TooMany, match=f"{limit} meetings"):
            await sessions.retranscriptions.begin(f"m{limit}")
        await sessions.retranscriptions.delete("m0", 2)

        assert 2 == (await sessions.retranscriptions.begin(f"m{limit}")).number


async def test_a_running_one_is_stopped(run_service: RunService, halt: Halt) -> None:
    """Deleted in the middle it leaves nothing, is told as deleted, and another may begin."""
    halt.left = 1
    async with run_service() as sessions:
        await hold_meeting(sessions)
        former = await sessions.get_transcript("m")
        await sessions.retranscriptions.begin("m", model=OTHER)
        await halt.reached.wait()
        await sessions.retranscriptions.delete("m", 2)
        told = await until(sessions, DELETED)

        assert [1] == [r.number for r in await sessions.store.list_revisions("m")]
        assert former == await sessions.get_transcript("m")
        assert DELETED is find_revision(told[-1])
        with pytest.raises(NotFound):
            await sessions.retranscriptions.delete("m", 2)
        assert 3 == (await sessions.retranscriptions.begin("m")).number


async def test_a_meeting_is_deleted_meanwhile(run_service: RunService, halt: Halt) -> None:
    """Everything of it goes, and what was running with it."""
    halt.left = 1
    async with run_service() as sessions:
        await hold_meeting(sessions)
        await sessions.retranscriptions.begin("m", model=OTHER)
        await halt.reached.wait()
        await sessions.delete_meeting("m")

        assert [] == await sessions.store.list_running_revisions()
        with pytest.raises(NotFound):
            await sessions.get_transcript("m")


async def test_a_model_that_is_gone_after_a_restart(
    run_service: RunService, settings: Settings, halt: Halt
) -> None:
    """The revision fails and says why; the text stays what it was."""
    halt.left = 1
    async with run_service() as sessions:
        await hold_meeting(sessions)
        former = await sessions.get_transcript("m")
        await sessions.retranscriptions.begin("m", model=OTHER)
        await halt.reached.wait()

    alone = settings.model_copy(update={"model": settings.model.model_copy(update={"others": ()})})
    async with run_service(alone) as sessions:
        newest = await until_done(sessions)

        assert (FAILED, f"the model {OTHER} is not loaded any more") == (newest.state, newest.detail)
        assert former == await sessions.get_transcript("m")


async def test_audio_that_goes_meanwhile(run_service: RunService, halt: Halt) -> None:
    """After a restart without a stream's audio the whole fails; half a meeting is no text."""
    halt.left = 1
    async with run_service() as sessions:
        await hold_meeting(sessions)
        await sessions.retranscriptions.begin("m", model=OTHER)
        await halt.reached.wait()
        await sessions.ledger.delete([(await sessions.store.list_streams("m"))[-1].id])

    async with run_service() as sessions:
        newest = await until_done(sessions)

        assert FAILED is newest.state
        assert "not kept any more" in str(newest.detail)


async def test_audio_that_is_damaged(run_service: RunService, settings: Settings) -> None:
    """One stream that cannot be read ends the whole with the reason; nothing of it is left running."""
    async with run_service() as sessions:
        await hold_meeting(sessions)
    with closing(sqlite3.connect(settings.data.directory / LEDGER_FILE)) as db:
        db.execute("UPDATE piece SET crc = crc + 1 WHERE stream = 2")
        db.commit()
    async with run_service() as sessions:
        await sessions.retranscriptions.begin("m")
        newest = await until_done(sessions)

        assert FAILED is newest.state
        assert "stream 2" in str(newest.detail)
        assert 1 == (await sessions.get_transcript("m")).revision


async def test_a_live_meeting_whose_model_is_gone(run_service: RunService, settings: Settings) -> None:
    """After a restart without it the default goes on; nothing that was said is lost."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m", model=OTHER, started_at=START))
    alone = settings.model_copy(update={"model": settings.model.model_copy(update={"others": ()})})
    async with run_service(alone) as sessions:
        audio = await sessions.open_input("m", ["ann"], RATE_HZ, captured_at=START)
        await audio.append(talk(1, 20.0), None)
        await sessions.end_meeting("m")

        assert any(s.text.islower() for s in (await sessions.get_transcript("m")).sentences)


async def test_a_meeting_chooses_its_model(run_service: RunService, recogniser: FakeRecogniser) -> None:
    """Live text comes from the model that was chosen; one that is not loaded is refused."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m", model=OTHER, started_at=START))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ, captured_at=START)
        await audio.append(talk(1, 20.0), None)
        await sessions.end_meeting("m")
        transcript = await sessions.get_transcript("m")
        with pytest.raises(InvalidRequest, match="loaded: demo, other"):
            await sessions.create_meeting(NewMeeting(model="huge"))

        assert OTHER == transcript.meeting.model
        assert transcript.sentences
        assert all(s.text.isupper() or not s.text.isalpha() for s in transcript.sentences)


async def test_another_text_waits_for_the_live_one(settings: Settings) -> None:
    """A stream is recognised for one text at a time, also where its meeting had ended without it."""
    worker = DeafWorker()
    async with run_on(settings, DeafWorker()) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        await (await sessions.open_input("m", ["ann"], RATE_HZ)).append(talk(1, 2), 0)
        await sessions.store.set_meeting_state("m", MeetingState.ENDED, datetime.now(UTC))
    async with run_on(settings, worker) as sessions:
        live = await worker.wait_told(OpenStream)
        await sessions.retranscriptions.begin("m", model=OTHER)
        worker.says.put_nowait(Finished(live.stream.id, live.run))
        await worker.wait_told(OpenStream, lambda command: command.model == OTHER)
        opened = [command.background for command in worker.told if isinstance(command, OpenStream)]

        assert [False, True] == opened
        assert all(s.finished for s in await sessions.store.list_streams("m"))
