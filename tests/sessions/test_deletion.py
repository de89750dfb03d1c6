"""Deleting: what it interrupts goes on where it should, also when the database or the ledger fails."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meeting_service.data_folder import LEDGER_FILE
from meeting_service.errors import StorageFailed
from meeting_service.events import StoredEvent
from meeting_service.meeting import NewMeeting
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings
from meeting_service.storage import Store
from meeting_service.worker.messages import Finished, FinishStream, OpenStream
from tests.sessions.conftest import OTHER, RATE_HZ, RunService, talk
from tests.sessions.parts import DeafWorker, run_on

START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


@contextmanager
def failing_deletions(settings: Settings) -> Iterator[None]:
    """Nothing can be deleted from the database: a former copy beside it cannot be removed."""
    copy: Path = settings.data.directory / "meetings.db.1.bak"
    copy.mkdir()
    try:
        yield
    finally:
        copy.rmdir()


async def begin_another_text(sessions: SessionManager, worker: DeafWorker) -> OpenStream:
    """Of an ended meeting with two speakers; how the worker was asked for one of their streams."""
    await sessions.create_meeting(NewMeeting(id="m", started_at=START))
    for name in ("ann", "ben"):
        await (await sessions.open_input("m", [name], RATE_HZ)).append(talk(1, 2), 0)
    end = asyncio.create_task(sessions.end_meeting("m"))
    for stream in await sessions.store.list_streams("m"):
        await say_finished(worker, stream.id)
    await end
    await sessions.retranscriptions.begin("m", model=OTHER)
    return await worker.wait_told(OpenStream, lambda told: told.background and told.stream.id == 2)


async def say_finished(worker: DeafWorker, stream_id: int) -> None:
    """All text of a stream is final, as soon as that is asked for."""
    await worker.wait_told(FinishStream, lambda told: told.stream_id == stream_id)
    opened = await worker.wait_told(OpenStream, lambda told: told.stream.id == stream_id)
    worker.says.put_nowait(Finished(stream_id, opened.run))


async def asked_again(worker: DeafWorker, former: OpenStream) -> OpenStream:
    """The same stream, once it is recognised again."""
    return await worker.wait_told(
        OpenStream, lambda told: told.stream.id == former.stream.id and told.run > former.run
    )


async def test_another_text_goes_on_though_audio_is_not_deleted(settings: Settings) -> None:
    """Whose participant was deleted; their text is gone, and the ledger tries again by itself."""
    worker = DeafWorker()
    async with run_on(settings, worker) as sessions:
        former = await begin_another_text(sessions, worker)
        with closing(sqlite3.connect(settings.data.directory / LEDGER_FILE)) as db:
            db.execute("CREATE TRIGGER t BEFORE DELETE ON piece BEGIN SELECT RAISE(ABORT, 'no'); END")
        with pytest.raises(StorageFailed):
            await sessions.delete_participant("m", "ann")

        assert OTHER == (await asked_again(worker, former)).model
        assert ["ben"] == [person.id for person in await sessions.list_participants("m")]


@pytest.mark.parametrize("what", ["revision", "participant", "meeting"])
async def test_another_text_goes_on_after_a_deletion_that_failed(settings: Settings, what: str) -> None:
    """It was stopped for the deletion, and nothing is deleted."""
    worker = DeafWorker()
    async with run_on(settings, worker) as sessions:
        former = await begin_another_text(sessions, worker)
        deletions: dict[str, Callable[[], Awaitable[object]]] = {
            "revision": partial(sessions.retranscriptions.delete, "m", 2),
            "participant": partial(sessions.delete_participant, "m", "ann"),
            "meeting": partial(sessions.delete_meeting, "m"),
        }
        with failing_deletions(settings), pytest.raises(StorageFailed):
            await deletions[what]()

        assert OTHER == (await asked_again(worker, former)).model


@pytest.mark.parametrize("what", ["participant", "meeting"])
async def test_a_meeting_goes_on_after_a_deletion_that_failed(
    run_service: RunService, settings: Settings, what: str
) -> None:
    """Its streams take audio on, and at its end all they were given is text; then it can be deleted."""
    async with run_service() as sessions:
        deletions: dict[str, Callable[[], Awaitable[object]]] = {
            "participant": partial(sessions.delete_participant, "m", "ann"),
            "meeting": partial(sessions.delete_meeting, "m"),
        }
        await sessions.create_meeting(NewMeeting(id="m", started_at=START))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ, captured_at=START)
        first, second = np.split(talk(1, 12), 2)
        await audio.append(first, None)
        with failing_deletions(settings), pytest.raises(StorageFailed):
            await deletions[what]()
        held = await audio.append(second, None)
        await sessions.end_meeting("m")
        (ann,) = await sessions.list_participants("m")

        assert len(first) + len(second) == held
        assert ann.speech_ms == ann.transcribed_ms
        assert max(s.end_ms for s in (await sessions.get_transcript("m")).sentences) > 6_000
        await deletions[what]()
        assert not sessions.ledger.stream_ids()


class HeldStore(Store):
    """Comes to a participant's deletion, and goes on with it once it is freed."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.asked, self.free = asyncio.Event(), asyncio.Event()

    async def delete_participant(self, meeting_id: str, participant_id: str) -> tuple[list[int], StoredEvent]:
        """Wait, then delete."""
        self.asked.set()
        await self.free.wait()
        return await super().delete_participant(meeting_id, participant_id)


async def test_who_is_asked_for_while_they_are_deleted(settings: Settings) -> None:
    """They are deleted, then made as if new, and taken from; they can be deleted again."""
    worker = DeafWorker()
    async with run_on(settings, worker, store=HeldStore) as sessions:
        store = sessions.store
        assert isinstance(store, HeldStore)
        await sessions.create_meeting(NewMeeting(id="m", started_at=START))
        await (await sessions.open_input("m", ["ann"], RATE_HZ)).append(talk(1, 1), 0)
        deletion = asyncio.create_task(sessions.delete_participant("m", "ann"))
        await store.asked.wait()
        put = asyncio.create_task(sessions.put_participant("m", "ann", "Ann"))
        for _ in range(5):  # it comes as far as it can: writes follow each other in order
            await store.check_writable()
        store.free.set()
        await deletion
        _, created = await put
        held = await (await sessions.open_input("m", ["ann"], RATE_HZ)).append(talk(1, 2), 0)
        streams = await store.list_streams("m")

        assert (True, 2 * RATE_HZ) == (created, held)
        assert [held] == [sessions.ledger.through(stream.id) for stream in streams]
        assert set() == await store.list_gone("m")
        await sessions.delete_participant("m", "ann")
        assert [] == await sessions.list_participants("m")
