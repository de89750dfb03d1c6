"""Streams that are taken up after a restart."""

import sqlite3
from contextlib import closing

from meeting_service.data_folder import LEDGER_FILE
from meeting_service.meeting import Checkpoint, NewMeeting
from meeting_service.settings import Settings
from tests.sessions.conftest import RATE_HZ, RunService, talk
from tests.sessions.parts import DeafWorker, run_on


async def test_audio_after_a_loss_is_heard(run_service: RunService, settings: Settings) -> None:
    """Of an open stream audio is gone that was heard: it ends, what comes is another, the loss is told."""
    async with run_on(settings, DeafWorker()) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        await (await sessions.open_input("m", ["ann"], RATE_HZ)).append(talk(1, 20), 0)
        (stream,) = await sessions.store.list_streams("m")
        await sessions.store.commit_final(stream, (), Checkpoint(stream.id, 20 * RATE_HZ), 20 * RATE_HZ)
    with closing(sqlite3.connect(settings.data.directory / LEDGER_FILE)) as ledger, ledger:
        ledger.execute("DELETE FROM piece")
        ledger.execute("DELETE FROM stream")
    async with run_service() as sessions:
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        assert 15 * RATE_HZ == await audio.append(talk(2, 15), 0)
        await sessions.end_meeting("m")
        transcript = await sessions.get_transcript("m")
        lost, whole = await sessions.audits.draw_up("m")

    assert len(transcript.sentences) > 1
    assert (20 * RATE_HZ, 0) == (lost.unaccounted, whole.unaccounted)


async def test_who_has_not_come_back_after_a_restart_is_expected(run_service: RunService) -> None:
    """Whose stream is open: not one who left, nor one who sends again."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        for who in ("ann", "ben", "cleo"):
            await (await sessions.open_input("m", [who], RATE_HZ)).append(talk(1, 2), 0)
        await sessions.end_participant("m", "cleo")
        before = sessions.look("m", {}).people
    async with run_service() as sessions:
        await (await sessions.open_input("m", ["ben"], RATE_HZ)).append(talk(2, 1), 2 * RATE_HZ)
        known = sessions.look("m", {}).people

    assert not any(one.reconnecting for one in before.values())
    assert ["ann"] == [who for who, one in known.items() if one.reconnecting]
