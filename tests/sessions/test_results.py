"""What becomes of the worker's answers."""

import asyncio
from typing import Any

from meeting_service.broadcast import Watcher
from meeting_service.errors import StorageFailed
from meeting_service.events import FellBehind, SpeechGivenUp, StoredEvent
from meeting_service.meeting import Checkpoint, NewMeeting, Stream
from meeting_service.recognition import Unrecognised
from meeting_service.sessions.results import STORAGE_ATTEMPTS
from meeting_service.settings import Settings
from meeting_service.storage import Store
from meeting_service.transcript import Draft, Untranscribed
from meeting_service.worker.messages import (
    Advanced,
    Away,
    CloseStream,
    Finalized,
    Finished,
    FinishStream,
    OpenStream,
    Restarted,
    StreamFailed,
)
from tests.sessions.conftest import RATE_HZ, talk
from tests.sessions.parts import DeafWorker, run_on


async def test_a_stream_that_fails_begins_again_at_what_is_stored(settings: Settings) -> None:
    """It takes audio all the while, its end is waited for, and the worker does no work for nothing."""
    worker = DeafWorker()
    async with run_on(settings, worker) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(talk(1, 2), 0)
        first = await worker.wait_told(OpenStream)
        worker.says.put_nowait(Advanced(first.stream.id, first.run, Checkpoint(first.stream.id, 8_000)))
        worker.says.put_nowait(StreamFailed(first.stream.id, first.run, "told to fail"))
        await worker.wait_told(CloseStream)
        worker.told.clear()
        await audio.append(talk(2, 2), 2 * RATE_HZ)
        end = asyncio.create_task(sessions.end_participant("m", "ann"))
        again = await worker.wait_told(OpenStream)
        last = await worker.wait_told(FinishStream)
        assert not end.done()
        worker.says.put_nowait(Finished(again.stream.id, again.run))
        await end

    assert first.run != again.run
    assert Checkpoint(first.stream.id) == again.checkpoint
    assert FinishStream(first.stream.id, 4 * RATE_HZ) == last


class ChoosyStore(Store):
    """Cannot keep anything of one participant's text for a while."""

    failures = 0

    async def commit_final(self, stream: Stream, *text: Any) -> list[StoredEvent]:
        """Fails for ann."""
        if stream.participant_id == "ann" and self.failures < STORAGE_ATTEMPTS:
            self.failures += 1
            raise StorageFailed("told to fail")
        return await super().commit_final(stream, *text)


async def test_one_streams_text_does_not_keep_the_others_waiting(settings: Settings) -> None:
    """What cannot be stored of it is recognised again, once everybody else's is told."""
    worker = DeafWorker()
    async with run_on(settings, worker, store=ChoosyStore) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        ends = []
        for name in ("ann", "bob"):
            audio = await sessions.open_input("m", [name], RATE_HZ)
            await audio.append(talk(1, 2), 0)
            opened = await worker.wait_told(OpenStream)
            ends.append(asyncio.create_task(sessions.end_participant("m", name)))
            await worker.wait_told(FinishStream)
            worker.told.clear()
            worker.says.put_nowait(Finished(opened.stream.id, opened.run))
        await ends[1]
        assert not ends[0].done()
        again = await worker.wait_told(OpenStream)
        worker.says.put_nowait(Finished(again.stream.id, again.run))
        await ends[0]

        assert all(s.finished for s in await sessions.store.list_streams("m"))


async def test_speech_without_text_is_kept_and_told_at_once(settings: Settings) -> None:
    """In the middle of an utterance, with no sentence beside it, and where the checkpoint only passes it."""
    worker = DeafWorker()
    async with run_on(settings, worker) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(talk(1, 4), 0)
        opened = await worker.wait_told(OpenStream)
        of, nothing = (opened.stream.id, opened.run), Draft("ann", 0, 0, "")
        within = Checkpoint(opened.stream.id, given_up=(16_000,))
        lost = (Unrecognised(16_000, 32_000),)
        worker.says.put_nowait(Finalized(*of, (), nothing, within, 48_000, 32_000, lost))
        beyond = Checkpoint(opened.stream.id, 64_000, 64_000, 32_000)
        worker.says.put_nowait(Advanced(*of, beyond, (Unrecognised(48_000, 64_000),)))
        with sessions.subscribe("m") as watcher:
            told = [await _wait_lost(watcher) for _ in range(2)]
        [ann] = await sessions.list_participants("m")
        transcript = await sessions.get_transcript("m")

    assert told == transcript.not_transcribed
    assert [1_000, 1_000] == [s.end_ms - s.start_ms for s in transcript.not_transcribed]
    assert (4_000, 2_000, 2_000) == (ann.speech_ms, ann.transcribed_ms, ann.not_transcribed_ms)


async def test_text_lags_while_nobody_recognises(settings: Settings) -> None:
    """Whoever speaks is told to lag as long as the worker is away; the next one says how far it is then."""
    worker = DeafWorker()
    async with run_on(settings, worker) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        for name in ("ann", "bob"):
            audio = await sessions.open_input("m", [name], RATE_HZ)
            await audio.append(talk(1, 2), 0)
        opened = await worker.wait_told(OpenStream, lambda command: command.stream.participant_id == "bob")
        with sessions.subscribe("m") as watcher:
            lags = []
            for away_s in (30.0, 31.0):
                worker.says.put_nowait(Away(away_s))
                lags.append(await _wait_behind(watcher))
            worker.told.clear()
            worker.says.put_nowait(Restarted())
            again = await worker.wait_told(OpenStream, lambda c: c.stream.id == opened.stream.id)

    assert [30_000, 31_000] == lags
    assert not opened.behind
    assert again.behind


async def _wait_lost(watcher: Watcher) -> Untranscribed:
    async with asyncio.timeout(20):
        async for event in watcher:
            if isinstance(event, StoredEvent) and isinstance(event.event, SpeechGivenUp):
                return event.event.stretch
    raise AssertionError("the watcher was sent away")


async def _wait_behind(watcher: Watcher) -> int:
    async with asyncio.timeout(20):
        async for event in watcher:
            if isinstance(event, FellBehind):
                return event.behind_ms
    raise AssertionError("the watcher was sent away")
