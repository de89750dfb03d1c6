"""Taking a backup: one whole file or none, of one moment, without disturbing whoever writes."""

import fcntl
import os
import resource
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from meeting_service.backup import back_up
from meeting_service.backup.snapshot import take_snapshots
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.errors import Conflict, NotFound, StorageFailed
from tests.backup.conftest import fill


def ignore(done: float, total: float | None) -> None:
    """Nobody looks how far it is."""


def test_a_backup_is_a_tar_file_for_its_owner(data: Path, file: Path) -> None:
    """With both databases and what they are; nothing else is left beside it."""
    told: list[tuple[float, float | None]] = []
    manifest = back_up(data, file, on_progress=lambda *far: told.append(far))

    with tarfile.open(file) as tar:
        assert [STORE_FILE, LEDGER_FILE, "manifest.json"] == tar.getnames()
    assert 0o600 == file.stat().st_mode & 0o777
    assert {LEDGER_FILE, STORE_FILE} == manifest.files.keys()
    assert {"data", file.name} == {entry.name for entry in file.parent.iterdir()}
    assert told[-1][0] == told[-1][1]
    assert sorted(told) == told


def test_without_audio_there_is_none(data: Path, file: Path) -> None:
    """Names and text alone."""
    assert {STORE_FILE} == back_up(data, file, audio=False, on_progress=ignore).files.keys()


def test_a_file_that_is_there_stays(data: Path, file: Path) -> None:
    """Unless it may be replaced."""
    file.write_text("precious")
    with pytest.raises(Conflict, match="is there already"):
        back_up(data, file, on_progress=ignore)
    assert "precious" == file.read_text()

    back_up(data, file, replace=True, on_progress=ignore)
    assert tarfile.is_tarfile(file)


def test_places_that_will_not_do(data: Path, file: Path) -> None:
    """The data folder itself, a folder that is not there, a folder without meetings."""
    with pytest.raises(Conflict, match="in the data folder"):
        back_up(data, data / "b.tar", on_progress=ignore)
    with pytest.raises(StorageFailed, match="No such file"):
        back_up(data, file.parent / "nowhere" / "b.tar", on_progress=ignore)
    with pytest.raises(NotFound, match="no meetings"):
        back_up(file.parent, file, on_progress=ignore)


def test_what_a_killed_backup_left_goes(data: Path, file: Path) -> None:
    """The next one to the same file clears it away; two at once do not mix."""
    partial = file.with_name(f"{file.name}.partial")
    partial.mkdir()
    (partial / "archive").write_bytes(b"half")
    handle = os.open(partial, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(Conflict, match="another backup is being written"):
        back_up(data, file, on_progress=ignore)
    os.close(handle)

    back_up(data, file, on_progress=ignore)
    assert not partial.exists()


def test_a_damaged_database_gives_no_backup(data: Path, file: Path) -> None:
    """A backup that could not be restored would be worse than none."""
    with (data / LEDGER_FILE).open("r+b") as ledger:
        ledger.seek(4_096 * 3)
        ledger.write(b"\xff" * 4_096)
    with pytest.raises(StorageFailed, match=r"audio.db"):
        back_up(data, file, on_progress=ignore)

    assert not file.exists()


def test_where_there_is_no_room_there_is_no_half(data: Path, file: Path) -> None:
    """A file that may not grow so far: one line, and nothing in its place or beside it."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
    try:
        with pytest.raises(StorageFailed, match="could not be written"):
            back_up(data, file, on_progress=ignore)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert {"data"} == {entry.name for entry in file.parent.iterdir()}


async def test_audio_is_of_the_same_moment_or_a_later_one(data: Path) -> None:
    """What is written between the two is in the audio, never only in the meetings."""
    paths = [data / STORE_FILE, data / LEDGER_FILE]
    with take_snapshots(paths[:1]) as [meetings]:
        await fill(data, "later")
        with take_snapshots(paths[1:]) as [audio]:
            meetings.copy(data / "1", lambda _: None)
            audio.copy(data / "2", lambda _: None)

    with closing(sqlite3.connect(data / "1")) as db:
        assert [("m",)] == db.execute("SELECT id FROM meetings").fetchall()
    with closing(sqlite3.connect(data / "2")) as db:
        assert 2 == len(db.execute("SELECT id FROM stream").fetchall())
