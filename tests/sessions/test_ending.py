"""Ending while storage fails: nothing is lost by it, and the end can be asked for again."""

import asyncio
from datetime import UTC, datetime

import pytest

from meeting_service.errors import Overloaded, StorageFailed
from meeting_service.events import StoredEvent
from meeting_service.meeting import MeetingState, NewMeeting
from meeting_service.settings import Settings
from meeting_service.storage import Store
from meeting_service.worker.messages import FinishStream
from tests.sessions.conftest import RATE_HZ, RunService, talk
from tests.sessions.parts import DeafWorker, run_on


class FailingStore(Store):
    """Fails the first time that anything is to end."""

    failed = False

    async def end_stream(self, stream_id: int) -> StoredEvent | None:
        """Fails once."""
        self._fail_once(StorageFailed("told to fail"))
        return await super().end_stream(stream_id)

    async def set_meeting_state(
        self, meeting_id: str, state: MeetingState, ended_at: datetime | None = None
    ) -> StoredEvent:
        """Fails once, in a way that nobody expects."""
        if state is MeetingState.ENDED:
            self._fail_once(RuntimeError("told to fail"))
        return await super().set_meeting_state(meeting_id, state, ended_at)

    def _fail_once(self, error: Exception) -> None:
        if not self.failed:
            self.failed = True
            raise error


class FullStore(Store):
    """Has no room for the first end, and none ever for that of the first stream."""

    refused = False

    async def end_stream(self, stream_id: int) -> StoredEvent | None:
        """Fails for ever, or once."""
        if stream_id == 1 or not self.refused:
            self.refused = self.refused or stream_id != 1
            raise Overloaded("told to be full")
        return await super().end_stream(stream_id)


async def test_a_stream_that_cannot_end_keeps_no_other(settings: Settings) -> None:
    """The end of a meeting waits where there is no room, and has the last words of the others meanwhile."""
    worker = DeafWorker()
    async with run_on(settings, worker, store=FullStore) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        for person in ("ann", "ben"):
            await (await sessions.open_input("m", [person], RATE_HZ)).append(talk(1, 2), 0)
        await sessions.end_meeting("m", wait=False)

        assert FinishStream(2, 2 * RATE_HZ) == await worker.wait_told(FinishStream)


async def test_an_end_that_failed_can_be_asked_for_again(settings: Settings) -> None:
    """It begins anew; one that succeeded answers the same for ever."""
    async with run_on(settings, DeafWorker(), store=FailingStore) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        with pytest.raises(RuntimeError):
            await sessions.end_meeting("m")
        ended = await sessions.end_meeting("m")

        assert MeetingState.ENDED is ended.state
        assert ended == await sessions.end_meeting("m")


async def test_a_stream_whose_end_is_not_stored_goes_on(settings: Settings) -> None:
    """It takes audio until the end is asked for again, and the worker is told of the end then."""
    worker = DeafWorker()
    async with run_on(settings, worker, store=FailingStore) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(talk(1, 2), 0)
        with pytest.raises(StorageFailed):
            await sessions.end_participant("m", "ann", wait=False)
        await audio.append(talk(2, 2), 2 * RATE_HZ)
        await sessions.end_participant("m", "ann", wait=False)
        (stream,) = await sessions.store.list_streams("m")

    assert stream.ended
    assert [FinishStream(stream.id, 4 * RATE_HZ)] == [c for c in worker.told if isinstance(c, FinishStream)]


async def test_a_stream_that_its_meeting_ended_without_is_finished(run_service: RunService) -> None:
    """It had been given up: at the next start it ends, and its last words become final."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(talk(1, 4, spoken_s=60), 0)
        (stream,) = await sessions.store.list_streams("m")
        assert not (await sessions.get_transcript("m")).sentences
        await sessions.store.set_meeting_state("m", MeetingState.ENDED, datetime.now(UTC))
    async with run_service() as sessions:
        if found := sessions.streams.find(stream.id):
            async with asyncio.timeout(10):
                await found[1].finished.wait()
        (after,) = await sessions.store.list_streams("m")
        transcript = await sessions.get_transcript("m")

    assert (after.ended, after.finished) == (True, True)
    assert transcript.sentences
