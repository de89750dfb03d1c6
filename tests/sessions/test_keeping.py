"""Retention in a running service: what is removed when, what stays, and what was left by a death."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meeting_service.audio import AudioChunk
from meeting_service.clock import SystemClock
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.errors import CannotStart, Conflict, InvalidRequest, NotFound
from meeting_service.events import SentenceFinalized, StoredEvent
from meeting_service.ledger import Ledger
from meeting_service.meeting import Meeting, MeetingState, NewMeeting
from meeting_service.recognition import Hypothesis, Window
from meeting_service.runtime import run_sessions
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings, load_settings
from meeting_service.storage import Store
from meeting_service.worker.inline import InlineWorker
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.sessions.conftest import RATE_HZ, talk

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


class WallClock(SystemClock):
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now = START

    def utc_now(self) -> datetime:
        """Wall time, with its zone."""
        return self.now


@pytest.fixture
def clock() -> WallClock:
    """The service's."""
    return WallClock()


Run = Callable[..., AbstractAsyncContextManager[SessionManager]]


@pytest.fixture
def run(tmp_path: Path, clock: WallClock) -> Run:
    """Start a service, again on the same folder, with these settings of [retention]."""

    async def recognise(_model: str, windows: Sequence[Window]) -> list[Hypothesis]:
        return FakeRecogniser().recognise(windows)

    @asynccontextmanager
    async def start(**retention: object) -> AsyncIterator[SessionManager]:
        settings = make_settings(tmp_path / "data", **retention)
        worker = InlineWorker(tmp_path / "data" / LEDGER_FILE, settings, recognise, LoudnessDetector)
        async with run_sessions(settings, worker, clock) as sessions:
            yield sessions

    return start


def make_settings(folder: Path, **retention: object) -> Settings:
    """Default ones but for these."""
    return load_settings(
        overrides={"data": {"directory": folder}, "model": {"name": "demo"}, "retention": dict(retention)}
    )


async def hold(sessions: SessionManager, meeting_id: str = "m", **chosen: Any) -> Meeting:
    """A meeting of one who speaks, which has ended."""
    await sessions.create_meeting(NewMeeting(id=meeting_id, started_at=START, **chosen))
    audio = await sessions.open_input(meeting_id, ["ann"], RATE_HZ)
    await audio.append(talk(1, 8.0), None)
    return await sessions.end_meeting(meeting_id)


async def look(sessions: SessionManager, clock: WallClock, *, days: float) -> None:
    """Let days pass, with a sweep in every twelve hours."""
    end = clock.now + timedelta(days=days)
    while clock.now < end:
        clock.now = min(clock.now + DAY / 2, end)
        await sessions.keeping.sweep()


def held(sessions: SessionManager) -> list[int]:
    """The streams that there is audio of."""
    return sessions.ledger.stream_ids()


async def test_audio_goes_when_it_was_kept_long_enough(run: Run, clock: WallClock) -> None:
    """A week after the text is final, not before; text and figures stay, and it is told."""
    async with run() as sessions:
        await hold(sessions)
        before = await sessions.get_transcript("m")
        await look(sessions, clock, days=6.9)
        assert held(sessions)
        await look(sessions, clock, days=0.2)
        after = await sessions.get_transcript("m")
        events = await sessions.store.list_events("m", 0)

        assert [] == held(sessions)
        assert (before.sentences, before.participants) == (after.sentences, after.participants)
        assert after.participants[0].received_ms == 8_000
        assert after.meeting.audio_removed_at == clock.now
        assert "audio_removed_at" in repr(events[-1])
        assert (8 * RATE_HZ, RATE_HZ) == await sessions.get_received("m", "ann")


async def test_what_was_removed_cannot_be_transcribed_again(run: Run, clock: WallClock) -> None:
    """The refusal says since when and why."""
    async with run(audio_days=1) as sessions:
        await hold(sessions)
        await look(sessions, clock, days=1)

        with pytest.raises(Conflict, match=r"since 2026-05-02 09:00 UTC \(\[retention\]"):
            await sessions.retranscriptions.begin("m")


async def test_audio_waits_for_what_is_made_of_it(run: Run, clock: WallClock) -> None:
    """While a meeting is live, or a stream of it has text that is not final, nothing is removed."""
    async with run(audio_days=0) as sessions:
        await sessions.create_meeting(NewMeeting(id="m", started_at=START))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(talk(1, 8.0), None)
        await look(sessions, clock, days=3)
        assert held(sessions)

        await sessions.end_meeting("m")
        await look(sessions, clock, days=1)
        assert [] == held(sessions)


async def test_a_meeting_goes_as_a_whole_with_its_text(run: Run, clock: WallClock) -> None:
    """`transcripts_days` deletes it like a DELETE."""
    async with run(audio_days="forever", transcripts_days=30) as sessions:
        await hold(sessions)
        await look(sessions, clock, days=30)

        assert [] == held(sessions)
        with pytest.raises(NotFound):
            await sessions.get_meeting("m")


async def test_nothing_goes_that_is_kept_for_ever(run: Run, clock: WallClock) -> None:
    """The word in the settings means it."""
    async with run(audio_days="forever") as sessions:
        await hold(sessions)
        await look(sessions, clock, days=100)

        assert held(sessions)


async def test_a_meeting_may_ask_for_less_and_not_for_more(run: Run, clock: WallClock) -> None:
    """What the operator promised holds for everybody."""
    async with run(audio_days=2) as sessions:
        await hold(sessions, "short", audio_days=0, transcripts_days=1)
        await hold(sessions, "usual")
        await sessions.keeping.sweep()
        usual = [s.id for s in await sessions.store.list_streams("usual")]
        assert usual == held(sessions)
        with pytest.raises(InvalidRequest, match="more than the 2 days that this service keeps"):
            await sessions.create_meeting(NewMeeting(audio_days=3))
        await look(sessions, clock, days=1)

        with pytest.raises(NotFound):
            await sessions.get_meeting("short")
        assert usual == held(sessions)


async def test_audio_that_cannot_be_deleted_keeps_no_other(
    run: Run, tmp_path: Path, clock: WallClock
) -> None:
    """It is tried again with every sweep, and all else that is due goes: audio, and meetings."""
    async with run(audio_days=1) as sessions:
        for meeting_id in ("bad", "audio", "left"):
            await hold(sessions, meeting_id)
        await hold(sessions, "whole", transcripts_days=1)
    with closing(sqlite3.connect(tmp_path / "data" / LEDGER_FILE)) as db:
        # A trigger stands for a page that cannot be written.
        condition, error = "WHEN OLD.stream = 1", "SELECT RAISE(ABORT, 'torn')"
        db.execute(f"CREATE TRIGGER torn BEFORE DELETE ON piece {condition} BEGIN {error}; END")

    async with run(audio_days=1) as sessions:
        await look(sessions, clock, days=1.5)
        with pytest.raises(NotFound):
            await sessions.get_meeting("whole")
        with closing(sqlite3.connect(tmp_path / "data" / LEDGER_FILE)) as db:
            assert [(1,)] == db.execute("SELECT DISTINCT stream FROM piece").fetchall()


async def test_a_changed_setting_holds_for_what_there_is(run: Run, clock: WallClock) -> None:
    """Also for meetings from before."""
    async with run() as sessions:
        await hold(sessions)
        await look(sessions, clock, days=2)
        assert held(sessions)
    async with run(audio_days=1) as sessions:
        await sessions.keeping.sweep()

        assert [] == held(sessions)


async def test_a_clock_that_leaps_removes_nothing_at_once(run: Run, clock: WallClock) -> None:
    """It must have gone on for a day; set right before that, it does no harm."""
    async with run(transcripts_days=30) as sessions:
        await hold(sessions)
        await look(sessions, clock, days=0.5)
        clock.now += 3_650 * DAY
        await look(sessions, clock, days=0.9)
        assert held(sessions)
    async with run(transcripts_days=30) as sessions:
        await sessions.keeping.sweep()
        assert held(sessions)
        clock.now = START + DAY
        await look(sessions, clock, days=2)
        assert held(sessions)


async def test_what_ended_in_a_future_that_was_none_is_kept_no_longer(run: Run, clock: WallClock) -> None:
    """The days of a meeting that ended while the clock was wrong count from when it was set right."""
    async with run() as sessions:
        await look(sessions, clock, days=1)
        clock.now += 3_650 * DAY
        await hold(sessions)
        await sessions.keeping.sweep()
        clock.now = START + 2 * DAY
        await look(sessions, clock, days=7.5)

        assert [] == held(sessions)


async def test_what_a_death_left_goes_with_the_next_start(run: Run, tmp_path: Path, clock: WallClock) -> None:
    """Audio whose rows were deleted, or that was said to be removed, as the service died in between."""
    async with run() as sessions:
        await hold(sessions, "deleted")
        await hold(sessions, "removed")
        await hold(sessions, "kept")
        kept = [s.id for s in await sessions.store.list_streams("kept")]
    store = await Store.open(tmp_path / "data" / STORE_FILE, clock)
    await store.delete_meeting("deleted")
    await store.remove_audio("removed", {})
    await store.close()

    async with run() as sessions:
        assert 3 == len(held(sessions))
        await sessions.keeping.sweep()

        assert kept == held(sessions)


async def test_audio_of_streams_that_never_were_stops_the_start(
    run: Run, tmp_path: Path, clock: WallClock
) -> None:
    """Databases of different times: a stream's number would be given twice, and other audio taken for its."""
    async with run() as sessions:
        await hold(sessions)
    ledger = Ledger.open(tmp_path / "data" / LEDGER_FILE)
    await ledger.append([AudioChunk(99, 0, np.ones(100, np.int16))])
    await ledger.close()

    with pytest.raises(CannotStart, match="not of the same time"):
        async with run():
            pass


async def test_audio_that_was_emptied_stops_the_start(run: Run, tmp_path: Path) -> None:
    """Again and again: an empty file is not taken for a new one while audio is counted on."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / LEDGER_FILE).touch()
    async with run() as sessions:
        await hold(sessions)
    for file in (tmp_path / "data").glob(f"{LEDGER_FILE}*"):
        file.write_bytes(b"")

    for _ in range(2):
        with pytest.raises(CannotStart, match=r"audio\.db is empty: .* restore a backup"):
            async with run():
                pass


async def test_audio_that_was_removed_is_not_missed(
    run: Run, tmp_path: Path, clock: WallClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is said of a ledger that would hold nothing."""
    async with run(audio_days=1) as sessions:
        await hold(sessions)
        await look(sessions, clock, days=1)
    (tmp_path / "data" / LEDGER_FILE).write_bytes(b"")
    async with run(audio_days=1) as sessions:
        assert [] == held(sessions)

    assert "audio_lost" not in capsys.readouterr().out


async def test_audio_that_is_lost_holds_no_meeting_up(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A meeting that was live when its audio was lost ends all the same; the start says so, and it shows."""
    async with run() as sessions:
        await sessions.create_meeting(NewMeeting(id="m", started_at=START))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(talk(1, 60.0), None)
        with sessions.subscribe("m") as watcher:
            async for event in watcher:
                if isinstance(event, StoredEvent) and isinstance(event.event, SentenceFinalized):
                    break
    for file in (tmp_path / "data").glob(f"{LEDGER_FILE}*"):
        file.unlink()

    async with run() as sessions:
        ended = await sessions.end_meeting("m")
        await sessions.audits.settle("m")
        [ann] = await sessions.list_participants("m")

    assert "audio.db is not there" in capsys.readouterr().out
    assert MeetingState.ENDED is ended.state
    assert (60_000, 60_000) == (ann.received_ms, ann.unaccounted_ms)
