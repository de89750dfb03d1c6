"""Restoring: all of a backup or what was there before, whatever happens."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from meeting_service.backup import back_up, restore
from meeting_service.clock import SystemClock
from meeting_service.data_folder import (
    IN_WORK_FILE,
    LEDGER_FILE,
    PREPARED,
    PREPARING,
    STORE_FILE,
    SUSPECTS_FILE,
    settle,
)
from meeting_service.errors import CannotStart, Conflict, StorageFailed
from meeting_service.events import MeetingChanged, MeetingRestored, StoredEvent
from meeting_service.ledger import Ledger, LedgerReader
from meeting_service.meeting import MeetingState
from meeting_service.runtime import settle_folder
from meeting_service.storage import Store
from tests.backup.conftest import SAMPLES, fill
from tests.backup.test_taking import ignore
from tests.storage.test_migrate import FORMER


async def list_meetings(folder: Path) -> list[str]:
    """What a service that starts on the folder finds."""
    settle_folder(folder)
    store = await Store.open(folder / STORE_FILE, SystemClock())
    page = await store.list_meetings()
    await store.close()
    return [meeting.id for meeting in page.meetings]


async def test_everything_is_there_again(data: Path, file: Path, tmp_path: Path) -> None:
    """Meetings and audio to the last sample, in a folder that is made for it."""
    back_up(data, file, on_progress=ignore)
    restore(file, tmp_path / "new" / "data", on_progress=ignore)

    assert ["m"] == await list_meetings(tmp_path / "new" / "data")
    with closing(LedgerReader(tmp_path / "new" / "data" / LEDGER_FILE)) as reader:
        assert SAMPLES == len(reader.read(1, 0, SAMPLES))


async def test_a_folder_with_meetings_is_refused(data: Path, file: Path) -> None:
    """Unless they may be lost; then copies that upgrades left go with them, and notes on their streams."""
    back_up(data, file, on_progress=ignore)
    await fill(data, "later")
    beside = [data / name for name in (f"{STORE_FILE}.0001.bak", SUSPECTS_FILE, IN_WORK_FILE)]
    for former in beside:
        former.write_text("former")
    with pytest.raises(Conflict, match=r"not empty, there is audio\.db"):
        restore(file, data, on_progress=ignore)
    assert {"m", "later"} == set(await list_meetings(data))

    restore(file, data, replace=True, on_progress=ignore)
    assert ["m"] == await list_meetings(data)
    assert not any(former.exists() for former in beside)


@pytest.mark.parametrize("name", [SUSPECTS_FILE, IN_WORK_FILE])
def test_a_folder_with_notes_is_not_empty(data: Path, file: Path, tmp_path: Path, name: str) -> None:
    """They would be taken for notes on what is restored."""
    back_up(data, file, on_progress=ignore)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / name).write_text("former")
    with pytest.raises(Conflict, match=name):
        restore(file, tmp_path / "new", on_progress=ignore)


async def test_a_service_that_runs_keeps_its_folder(data: Path, file: Path) -> None:
    """Also when its meetings may be lost."""
    back_up(data, file, on_progress=ignore)
    ledger = Ledger.open(data / LEDGER_FILE)
    with pytest.raises(CannotStart, match="another process"):
        restore(file, data, replace=True, on_progress=ignore)
    await ledger.close()


@pytest.mark.parametrize("place", [600, 3_000, -3_000, -200])
def test_a_damaged_backup_changes_nothing(data: Path, file: Path, tmp_path: Path, place: int) -> None:
    """A flipped byte anywhere, or an end that is missing."""
    back_up(data, file, on_progress=ignore)
    whole = file.read_bytes()
    at = place % len(whole) if place > 0 else len(whole) - 10_240 - 1_024 + place
    for damaged in (whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], whole[:at]):
        file.write_bytes(damaged)
        with pytest.raises(StorageFailed):
            restore(file, tmp_path / "new", on_progress=ignore)

        left = (
            {entry.name for entry in (tmp_path / "new").iterdir()} if (tmp_path / "new").exists() else set()
        )
        assert left <= {f"{LEDGER_FILE}.lock", f"{STORE_FILE}.lock"}


def test_what_is_no_backup(tmp_path: Path) -> None:
    """Said in one line, and so is what a newer version made."""
    (tmp_path / "b.tar").write_text("hello")
    with pytest.raises(StorageFailed, match="no backup"):
        restore(tmp_path / "b.tar", tmp_path / "new", on_progress=ignore)


async def test_a_restore_that_was_cut_off_is_finished(data: Path, file: Path, tmp_path: Path) -> None:
    """By the next service, from wherever it was; before that point it never happened."""
    back_up(data, file, on_progress=ignore)
    restore(file, tmp_path / "other", on_progress=ignore)
    await fill(data, "later")
    (data / PREPARING).mkdir()
    (data / PREPARING / STORE_FILE).write_text("half")
    assert {"m", "later"} == set(await list_meetings(data))
    assert not (data / PREPARING).exists()

    (data / PREPARED).mkdir()
    os.replace(tmp_path / "other" / STORE_FILE, data / PREPARED / STORE_FILE)
    os.replace(tmp_path / "other" / LEDGER_FILE, data / LEDGER_FILE)  # this one had been moved already
    assert ["m"] == await list_meetings(data)
    assert not (data / PREPARED).exists()
    settle(data)


async def test_audio_that_came_after_the_meetings_is_let_go(data: Path, file: Path, tmp_path: Path) -> None:
    """Its streams' numbers count as given, so that the service deletes it and gives none of them twice."""
    with closing(sqlite3.connect(data / LEDGER_FILE)) as db:
        db.execute("INSERT INTO stream VALUES (7, 0, x'')")
        db.commit()
    back_up(data, file, on_progress=ignore)
    restore(file, tmp_path / "new", on_progress=ignore)
    store = await Store.open(tmp_path / "new" / STORE_FILE, SystemClock())

    assert {7} == await store.find_unkept([1, 7])
    assert 7 == await store.last_stream_id()
    await store.close()


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
@pytest.mark.parametrize("audio", [False, True])
async def test_a_folder_that_was_not_upgraded(
    data: Path, file: Path, tmp_path: Path, revision: str, audio: bool
) -> None:
    """Its backup is put back as what this version works with, without a copy of the former."""
    (data / STORE_FILE).unlink()
    with closing(sqlite3.connect(data / STORE_FILE)) as db:
        db.executescript((FORMER / f"{revision}.sql").read_text(encoding="utf-8"))
    back_up(data, file, audio=audio, on_progress=ignore)
    restore(file, tmp_path / "new", on_progress=ignore)

    assert {"audio.db", "meetings.db"} == {
        entry.name for entry in (tmp_path / "new").iterdir() if entry.suffix != ".lock"
    }
    assert {"live", "ended"} == set(await list_meetings(tmp_path / "new"))


async def test_without_audio_that_of_ended_meetings_is_not_kept(
    data: Path, file: Path, tmp_path: Path
) -> None:
    """Nobody looks for it; a meeting that was live may go on, with new streams."""
    await fill(data, "live")
    store = await Store.open(data / STORE_FILE, SystemClock())
    await store.set_meeting_state("m", MeetingState.ENDED)
    await store.close()
    manifest = back_up(data, file, audio=False, on_progress=ignore)
    restore(file, tmp_path / "new", on_progress=ignore)
    store = await Store.open(tmp_path / "new" / STORE_FILE, SystemClock())
    ended, live = await store.get_meeting("m"), await store.get_meeting("live")
    unfinished, [stream] = await store.list_unfinished_streams(), await store.list_streams("live")
    await store.close()

    assert (manifest.taken_at, None) == (ended.audio_removed_at, live.audio_removed_at)
    assert ([], True) == (unfinished, stream.ended)
    ledger = Ledger.open(tmp_path / "new" / LEDGER_FILE)
    assert [] == ledger.stream_ids()
    await ledger.close()


async def tell(folder: Path, *titles: str) -> list[int]:
    """A meeting is renamed; the numbers of the events that tell of it."""
    store = await Store.open(folder / STORE_FILE, SystemClock())
    numbers = [(await store.rename_meeting("m", title)).seq for title in titles]
    await store.close()
    return numbers


async def list_events(folder: Path, after: int) -> list[StoredEvent]:
    """What a watcher is told that knows the events up to a number."""
    store = await Store.open(folder / STORE_FILE, SystemClock())
    events = await store.list_events("m", after)
    await store.close()
    return list(events)


@pytest.mark.parametrize("lost", [0, 1, 40])
async def test_numbers_of_lost_events_are_not_given_again(data: Path, file: Path, lost: int) -> None:
    """Whoever knows some of them is told what is void, then all that is new, and nothing again."""
    known = (await tell(data, "before"))[-1]
    back_up(data, file, on_progress=ignore)
    away = (await tell(data, *(f"lost {number}" for number in range(lost))) or [known])[-1]
    restore(file, data, replace=True, on_progress=ignore)
    new = await tell(data, *(f"new {number}" for number in range(60)))

    for after in {known, away}:
        restored, *others = await list_events(data, after)
        assert MeetingRestored(known) == restored.event
        assert new == [event.seq for event in others]
    assert ["before", MeetingRestored(known)] == [
        event.event.meeting.title if isinstance(event.event, MeetingChanged) else event.event
        for event in (await list_events(data, known - 1))[:2]
    ]


async def test_the_same_backup_again_takes_other_numbers(data: Path, file: Path, tmp_path: Path) -> None:
    """What was told after it was put back first has not happened either."""
    back_up(data, file, on_progress=ignore)
    restore(file, data, replace=True, on_progress=ignore)
    former = await tell(data, "one", "two")
    restore(file, data, replace=True, on_progress=ignore)
    new = await tell(data, "three")
    restored, third = await list_events(data, former[-1])

    assert isinstance(restored.event, MeetingRestored)
    assert restored.event.after < former[0] < former[-1] < restored.seq
    assert new == [third.seq]
